// A file of assertions, which sqlcmd and Management Studio can run as well: queries separated by GO, each with its
// expectation in a comment. Pure.

import { asError, Failure } from '../../base/errors.ts';
import { type Expectation, parseExpectation } from './drill-expectation.ts';

export interface Assertion {
  /** For words: its name, or the query itself. */
  readonly name: string;
  readonly query: string;
  /** As written. */
  readonly expected: string;
  readonly expectation: Expectation;
}

const separator = /^\s*GO\s*;?\s*(--.*)?$/i;
const directive = /^\s*--\s*(name|expect)\s*:(.*)$/is;

/** The lines between two separators. */
interface Block {
  /** Number of its first line in the file. */
  readonly from: number;
  readonly lines: readonly string[];
}

/** Throws `Failure('usage')` that names the block. */
export function parseDrillScript(text: string, file: string): readonly Assertion[] {
  const written = blocks(text.split('\n'));
  if (written.length === 0) throw noAssertion(file);
  return written.map((block, index) => {
    try {
      return assertion(block);
    } catch (thrown) {
      throw badAssertion(file, index + 1, asError(thrown));
    }
  });
}

function blocks(lines: readonly string[]): Block[] {
  const ends = [...lines.keys()].filter((index) => separator.test(lines[index]?.trimEnd() ?? ''));
  const all = [...ends, lines.length].map((end, index) => {
    const start = index === 0 ? 0 : (ends[index - 1] ?? 0) + 1;
    return { from: start + 1, lines: lines.slice(start, end) };
  });
  return all.filter((block) => block.lines.some((line) => line.trim() !== ''));
}

/** A drill that was to ask something and asks nothing would pass. */
function noAssertion(file: string): Failure {
  return new Failure('no-assertion', `${file} holds no assertion`, { hints });
}

const hints = [
  "Write '-- expect: > 1000' above each query, and GO on a line of its own between them.",
];

function badAssertion(file: string, number: number, cause: Error): Failure {
  return new Failure('bad-assertion', `${file}, assertion ${number}: ${cause.message}`, {
    hints,
    cause,
  });
}

/** One assertion of the command line or a file. */
export function assertionOf(query: string, expected: string, name = query): Assertion {
  return { name, query, expected, expectation: parseExpectation(expected) };
}

function assertion({ from, lines }: Block): Assertion {
  const said = new Map<string, string>();
  const query: string[] = [];
  for (const [index, line] of lines.entries()) {
    const [, word, value = ''] = directive.exec(line) ?? [];
    const key = word?.toLowerCase();
    if (key === undefined) query.push(line);
    else if (said.has(key)) throw new Error(secondOne(from + index, key));
    else said.set(key, value.trim());
  }
  return complete(query.join('\n').trim(), said);
}

function secondOne(line: number, key: string): string {
  return `line ${line} is a second '-- ${key}', with no GO before it`;
}

function complete(query: string, said: ReadonlyMap<string, string>): Assertion {
  const expected = said.get('expect');
  if (query === '') throw new Error('there is no query');
  if (expected === undefined) throw new Error('it does not say what to expect');
  return assertionOf(query, expected, said.get('name') || query);
}
