// The user's verbatim `--with "…"`, read only far enough to know which options it sets: commas and words count
// at the top level only, never inside quotes, brackets, parentheses or comments. Not a T-SQL parser.

import { Failure } from '../../base/errors.ts';

/** One option: `name` is its first word in upper case, `text` the whole option as written, trimmed. */
export interface WithOption {
  readonly name: string;
  readonly text: string;
  /** The same without comments, and with marks in place of everything quoted. */
  readonly bare: string;
}

/** What hides commas, words and parentheses, each with its opening and its length; undefined when it never ends. */
const hidden: readonly { open: string; length: (rest: string) => number | undefined }[] = [
  { open: '--', length: matching(/^--[^\n]*/) },
  { open: '/*', length: blockCommentLength },
  { open: "'", length: matching(/^'(?:[^']|'')*'/) },
  { open: '"', length: matching(/^"(?:[^"]|"")*"/) },
  { open: '[', length: matching(/^\[(?:[^\]]|\]\])*\]/) },
];
/** Stands for a comment that the end of its line ends; a blank to `\s`, as every comment is. */
const lineCommentMark = '\uFEFF';
/** Stands for a character of a quoted text or name. */
const valueMark = "'";
/** T-SQL needs nothing between two statements: a word too many may be the first of another one. */
const oneOption =
  /^\s*[\p{L}\p{N}_]+\s*(=\s*(N?'+|[-+.@#$\p{L}\p{N}_]+)\s*(AFTER\s*N?'+\s*)?|N?'+\s*TO\s*N?'+\s*)?(\(\)\s*)?$/iu;

/**
 * The options of `text` in order. Throws `Failure('usage')` where SQL Server could only answer with a syntax error:
 * unclosed quotes or parentheses, an empty option, a semicolon, the word WITH itself; and where it could find a second
 * statement behind the options.
 */
export function parseWithOptions(text: string): readonly WithOption[] {
  const bare = blankHidden(text);
  if (bare.includes(';')) throw malformed('it must not contain a semicolon');
  const ends = [...topLevelCommas(bare), text.length];
  return ends.map((end, index) => {
    const start = index === 0 ? 0 : (ends[index - 1] ?? 0) + 1;
    return toOption(text.slice(start, end), bare.slice(start, end));
  });
}

/** `text` as it is written, but for the options of these names; undefined when no other is left. */
export function withoutOptions(text: string, names: readonly string[]): string | undefined {
  const all = parseWithOptions(text);
  const kept = all.filter(({ name }) => !names.includes(name));
  if (kept.length === all.length) return text;
  return kept.length === 0 ? undefined : kept.map((option) => option.text).join(', ');
}

/** `text` at the same length, with marks in place of everything quoted and blanks in place of comments. */
function blankHidden(text: string): string {
  let bare = '';
  while (bare.length < text.length) {
    const rest = text.slice(bare.length);
    const length = hiddenLength(rest);
    bare += length > 0 ? markOf(rest).repeat(length) : rest.charAt(0);
  }
  return bare;
}

function markOf(rest: string): string {
  if (rest.startsWith('--')) return lineCommentMark;
  return rest.startsWith('/*') ? ' ' : valueMark;
}

/** UTF-16 length of the quoted text or comment that `rest` begins with, 0 when it begins with none. */
function hiddenLength(rest: string): number {
  const kind = hidden.find(({ open }) => rest.startsWith(open));
  if (!kind) return 0;
  const length = kind.length(rest);
  if (length === undefined) throw malformed(`${kind.open} is not closed`);
  return length;
}

function matching(piece: RegExp): (rest: string) => number | undefined {
  return (rest) => piece.exec(rest)?.[0].length;
}

/** T-SQL's comments nest ("Slash Star (Block Comment)"). */
function blockCommentLength(rest: string): number | undefined {
  let depth = 0;
  for (const { 0: mark, index } of rest.matchAll(/\/\*|\*\//g)) {
    depth += mark === '/*' ? 1 : -1;
    if (depth === 0) return index + mark.length;
  }
  return undefined;
}

function topLevelCommas(bare: string): number[] {
  const commas: number[] = [];
  let depth = 0;
  for (const { 0: mark, index } of bare.matchAll(/[(),]/g)) {
    if (mark === ',' && depth === 0) commas.push(index);
    if (mark === '(') depth += 1;
    if (mark === ')') depth -= 1;
    if (depth < 0) throw malformed('a parenthesis is closed that was never opened');
  }
  if (depth > 0) throw malformed('a parenthesis is not closed');
  return commas;
}

function toOption(raw: string, bare: string): WithOption {
  const text = raw.trim();
  const name = /^\s*([\p{L}_][\p{L}\p{N}_]*)/u.exec(bare)?.[1]?.toUpperCase();
  if (!name) throw malformed(text ? `"${text}" does not begin with a word` : 'an option is empty');
  if (name === 'WITH') throw malformed('the word WITH is already there');
  // Not its text, which may hold a password.
  if (!oneOption.test(emptied(bare))) throw malformed(`${name} is followed by more than its value`);
  // Without its line end a comment would swallow the options that are written behind this one.
  const endsInComment = bare.trimEnd().length < bare.lastIndexOf(lineCommentMark) + 1;
  return { name, text: endsInComment ? `${text}\n` : text, bare: bare.trim() };
}

/** Without what stands in parentheses, nested ones as well. */
function emptied(bare: string): string {
  let [before, now] = ['', bare];
  while (now !== before) [before, now] = [now, now.replaceAll(/\((?:[^()]|\(\))+\)/g, '()')];
  return now;
}

function malformed(reason: string): Failure {
  return new Failure('bad-with-options', `--with is not a list of options: ${reason}`, {
    hints: [
      'Write it as in BACKUP … WITH, separated by commas: --with "COPY_ONLY, RETAINDAYS = 7".',
    ],
  });
}
