// The RESTORE statements as text. Pure; the words and limits are those of "RESTORE Statements" in
// Microsoft Learn; VIRTUAL_DEVICE is that of the Virtual Backup Device Interface specification.

import { Failure, internalError } from '../../base/errors.ts';
import { quoteIdentifier, quoteLiteral } from '../quoting.ts';
import { parseWithOptions, type WithOption } from './with-options.ts';

/** Every statement that reads a backup. The last two name no database and touch none. */
type RestoreAction = 'database' | 'log' | 'filelistonly' | 'verifyonly';

/** What is left behind by a RESTORE: a database in use, one that takes more backups, or a readable one of both. */
export type RestoreEnd =
  | { readonly kind: 'recovery' }
  | { readonly kind: 'norecovery' }
  | { readonly kind: 'standby'; readonly undoFile: string };

/** Where a file of the backup goes. */
export interface FileMove {
  readonly logicalName: string;
  readonly path: string;
}

export interface RestoreStatementInput {
  readonly action: RestoreAction;
  /** Needed by `database` and `log`. */
  readonly database?: string | undefined;
  /** Virtual device names in the order of the stripes, 1 to 64; the first is the device set's name. */
  readonly deviceNames: readonly string[];
  readonly moves?: readonly FileMove[];
  readonly replace?: boolean;
  readonly end?: RestoreEnd;
  /** Local time of the server, as `stopAtLiteral` takes it. */
  readonly stopAt?: string | undefined;
  /** WITH CHECKSUM: fail when the backup has none. SQL Server checks them unasked where they are. */
  readonly checksum?: boolean;
  /** BLOCKSIZE in bytes, as the backup was written. */
  readonly blockSize?: number | undefined;
  /** MAXTRANSFERSIZE in bytes, as the backup was written; not said in those two that read its headers only. */
  readonly transferSize?: number | undefined;
  /** Verbatim further options of `database` and `log`; each one wins over ours of the same kind. */
  readonly with?: string | undefined;
}

/** BLOCKSIZE of a device that is no tape, when the statement does not say. */
const defaultBlockSize = 512;
/** Characters of a physical file name (sys.master_files). */
const maxPathLength = 260;

/** An option of ours and every word by which the user takes the decision away from us. */
interface OwnOption {
  readonly text: string;
  readonly yieldsTo: readonly string[];
}

/**
 * `RESTORE … FROM VIRTUAL_DEVICE = N'…'[, …] [WITH …]`. Throws `Failure('usage')` for names and paths that cannot be
 * and for `with` text that is not an option list or changes what this restore is.
 */
export function restoreStatement(input: RestoreStatementInput): string {
  if (input.deviceNames.length === 0) throw internalError('a virtual device', 'none');
  const devices = input.deviceNames.map((name) => `VIRTUAL_DEVICE = ${quoteLiteral(name)}`);
  const theirs = theirOptions(input);
  const taken = new Set(theirs.map((option) => option.name));
  const ours = ownOptions(input).filter((own) => !own.yieldsTo.some((word) => taken.has(word)));
  const options = [...ours, ...theirs].map((option) => option.text);
  const tail = options.length > 0 ? ` WITH ${options.join(', ')}` : '';
  return `RESTORE ${subject(input)} FROM ${devices.join(', ')}${tail}`;
}

/** Which backup set is meant, and what SQL Server asks for before it says anything of it. */
const wordsOfEvery = ['FILE', 'MEDIAPASSWORD', 'PASSWORD'];

/** The statements that restore nothing take only some. */
function theirOptions(input: RestoreStatementInput): readonly WithOption[] {
  const all = input.with?.trim() ? parseWithOptions(input.with) : [];
  refuseOtherKinds(all);
  return restoresDatabase(input) ? all : all.filter(({ name }) => wordsOfEvery.includes(name));
}

function restoresDatabase({ action }: RestoreStatementInput): boolean {
  return action === 'database' || action === 'log';
}

function subject(input: RestoreStatementInput): string {
  if (!restoresDatabase(input)) return input.action.toUpperCase();
  if (input.database === undefined) throw internalError('a database to restore', 'none');
  return `${input.action.toUpperCase()} ${quoteIdentifier(input.database)}`;
}

function ownOptions(input: RestoreStatementInput): OwnOption[] {
  switch (input.action) {
    case 'filelistonly':
      return [...checksumOption(input), ...unusualBlockSize(input)];
    case 'verifyonly':
      return [
        ...checksumOption(input),
        ...unusualBlockSize(input),
        ...numberOption('MAXTRANSFERSIZE', input.transferSize),
        own('STATS = 1'),
      ];
    case 'database':
    case 'log':
      return databaseOptions(input);
  }
}

function databaseOptions(input: RestoreStatementInput): OwnOption[] {
  return [
    ...(input.moves ?? []).map(moveOption),
    ...(input.replace ? [own('REPLACE')] : []),
    ...endOptions(input.end),
    ...stopOption(input.stopAt),
    ...checksumOption(input),
    ...numberOption('BLOCKSIZE', input.blockSize),
    ...numberOption('MAXTRANSFERSIZE', input.transferSize),
    own('STATS = 1', ['STATS']),
  ];
}

function moveOption({ logicalName, path }: FileMove): OwnOption {
  const logical = quoteLiteral(logicalName, 'a logical file name');
  const target = quoteLiteral(path, 'the path of a database file', maxPathLength);
  // Every file has a MOVE of its own: one of the user's comes beside ours, never instead.
  return own(`MOVE ${logical} TO ${target}`, []);
}

const endWords = ['RECOVERY', 'NORECOVERY', 'STANDBY'];

function endOptions(end: RestoreEnd | undefined): OwnOption[] {
  switch (end?.kind) {
    case undefined:
    case 'recovery':
      return [own('RECOVERY', endWords)];
    case 'norecovery':
      return [own('NORECOVERY', endWords)];
    case 'standby': {
      const file = quoteLiteral(end.undoFile, 'the path of the standby file', maxPathLength);
      return [own(`STANDBY = ${file}`, endWords)];
    }
  }
}

const stopWords = ['STOPAT', 'STOPATMARK', 'STOPBEFOREMARK'];

function stopOption(stopAt: string | undefined): OwnOption[] {
  return stopAt === undefined
    ? []
    : [own(`STOPAT = ${quoteLiteral(stopAt, 'a point in time')}`, stopWords)];
}

function checksumOption({ checksum }: RestoreStatementInput): OwnOption[] {
  return checksum ? [own('CHECKSUM', ['CHECKSUM', 'NO_CHECKSUM'])] : [];
}

/** The grammar of RESTORE … ONLY does not list BLOCKSIZE: it is said only where silence would be wrong. */
function unusualBlockSize({ blockSize }: RestoreStatementInput): OwnOption[] {
  return blockSize === defaultBlockSize ? [] : numberOption('BLOCKSIZE', blockSize);
}

function numberOption(word: string, value: number | undefined): OwnOption[] {
  if (value === undefined) return [];
  if (!Number.isSafeInteger(value) || value <= 0)
    throw internalError(`a positive whole ${word}`, value);
  return [own(`${word} = ${value}`, [word])];
}

function own(text: string, yieldsTo: readonly string[] = [text]): OwnOption {
  return { text, yieldsTo };
}

/** Options that have a switch of their own, whose meaning is checked, or that speak of another kind of restore. */
const refusals: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  MOVE: [
    '--with must not say MOVE',
    'Say --move LOGICAL=PATH, which is checked against the backup.',
  ],
  REPLACE: ['--with must not say REPLACE', 'Say --replace.'],
  RECOVERY: [
    '--with must not say RECOVERY',
    'It is the default; --norecovery and --standby change it.',
  ],
  NORECOVERY: ['--with must not say NORECOVERY', 'Say --norecovery.'],
  STANDBY: ['--with must not say STANDBY', 'Say --standby FILE.'],
  SNAPSHOT: ['--with must not say SNAPSHOT', 'vdibackup restores streams, not snapshots.'],
  METADATA_ONLY: [
    '--with must not say METADATA_ONLY',
    'vdibackup restores streams, not snapshots.',
  ],
};

function refuseOtherKinds(theirs: readonly WithOption[]): void {
  for (const { name } of theirs) {
    const refusal = refusals[name];
    if (!refusal) continue;
    const [why, hint] = refusal;
    throw new Failure('option-in-with', why, { hints: [hint] });
  }
}
