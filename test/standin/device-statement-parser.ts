// BACKUP and RESTORE: the grammar only. Whether values and options make sense is device-options.ts.
import type { Expression } from './expression.ts';
import { SyntaxProblem } from './sql-error.ts';
import { textOf } from './sql-value.ts';
import type {
  DeviceClause,
  DeviceOperation,
  DeviceStatement,
  FileMove,
  OptionValue,
} from './statement.ts';
import { isReserved, type TokenCursor } from './token-cursor.ts';

const deviceKinds = ['VIRTUAL_DEVICE', 'DISK', 'TAPE', 'URL', 'PIPE'];
const restoreWithoutDatabase: Record<string, DeviceOperation> = {
  FILELISTONLY: 'RESTORE FILELIST',
  HEADERONLY: 'RESTORE HEADERONLY',
  LABELONLY: 'RESTORE LABELONLY',
  VERIFYONLY: 'VERIFY DATABASE',
};

const words = (text: string) => text.split(/\s+/);
const commonOptions = words(
  'BLOCKSIZE BUFFERCOUNT MAXTRANSFERSIZE CHECKSUM NO_CHECKSUM STOP_ON_ERROR CONTINUE_AFTER_ERROR STATS REWIND NOREWIND UNLOAD NOUNLOAD MEDIANAME CREDENTIAL',
);
const backupOptions = words(
  `COMPRESSION NO_COMPRESSION ENCRYPTION COPY_ONLY DIFFERENTIAL DESCRIPTION NAME EXPIREDATE RETAINDAYS FORMAT NOFORMAT
  INIT NOINIT SKIP NOSKIP MEDIADESCRIPTION NORECOVERY STANDBY NO_TRUNCATE SNAPSHOT METADATA_ONLY FILE_SNAPSHOT`,
);
const restoreOptions = words(
  `FILE MOVE REPLACE RECOVERY NORECOVERY STANDBY STOPAT STOPATMARK STOPBEFOREMARK PARTIAL KEEP_REPLICATION KEEP_CDC
  RESTRICTED_USER RESTART ENABLE_BROKER ERROR_BROKER_CONVERSATIONS NEW_BROKER LOADHISTORY PASSWORD MEDIAPASSWORD
  KEEP_TEMPORAL_RETENTION SNAPSHOT METADATA_ONLY`,
);

export function parseDeviceStatement(cursor: TokenCursor): DeviceStatement {
  const verb = cursor.take().text.toUpperCase();
  const isBackup = verb === 'BACKUP';
  const operation = parseOperation(cursor, isBackup);
  const namesDatabase = /BACKUP|RESTORE (DATABASE|LOG)/.test(operation);
  const database = namesDatabase ? parseName(cursor) : undefined;
  if (database) skipFileList(cursor);
  const hasDevices = cursor.tryWords(isBackup ? 'TO' : 'FROM');
  const mayLackDevices = operation === 'RESTORE DATABASE';
  if (!hasDevices && !mayLackDevices) cursor.fail();
  const devices = hasDevices ? cursor.commaList(() => parseDevice(cursor)) : [];
  const moves: FileMove[] = [];
  const options = new Map<string, OptionValue>();
  if (cursor.tryWords('WITH')) {
    const known = [...commonOptions, ...(isBackup ? backupOptions : restoreOptions)];
    cursor.commaList(() => parseOption(cursor, { verb, known, options, moves }));
  }
  return { kind: 'device', operation, database, devices, options, moves };
}

function parseOperation(cursor: TokenCursor, isBackup: boolean): DeviceOperation {
  const verb = isBackup ? 'BACKUP' : 'RESTORE';
  if (cursor.tryWords('DATABASE')) return `${verb} DATABASE`;
  if (cursor.tryWords('LOG')) return `${verb} LOG`;
  const operation = restoreWithoutDatabase[cursor.peek().text.toUpperCase()];
  if (isBackup || !operation) return cursor.fail();
  cursor.take();
  return operation;
}

function parseName(cursor: TokenCursor): Expression {
  if (cursor.peek().kind === 'variable') return { kind: 'variable', name: cursor.take().text };
  return { kind: 'literal', typed: textOf(cursor.expectName()) };
}

// FILE = …, FILEGROUP = …, READ_WRITE_FILEGROUPS: read over; the stand-in's databases are backed up whole.
function skipFileList(cursor: TokenCursor): void {
  while (cursor.isWord('FILE', 'FILEGROUP', 'READ_WRITE_FILEGROUPS')) {
    if (cursor.take().text.toUpperCase() !== 'READ_WRITE_FILEGROUPS') {
      cursor.expectSymbol('=');
      parseValue(cursor);
    }
    cursor.trySymbol(',');
  }
}

function parseDevice(cursor: TokenCursor): DeviceClause {
  if (!cursor.isWord(...deviceKinds)) return { kind: 'LOGICAL', name: parseName(cursor) };
  const kind = cursor.take().text.toUpperCase();
  cursor.expectSymbol('=');
  const { kind: tokenKind } = cursor.peek();
  if (tokenKind !== 'string' && tokenKind !== 'variable') cursor.fail();
  return { kind, name: parseValue(cursor) };
}

interface OptionTarget {
  verb: string;
  known: readonly string[];
  options: Map<string, OptionValue>;
  moves: FileMove[];
}

function parseOption(cursor: TokenCursor, target: OptionTarget): void {
  const written = cursor.expectKind('word').text;
  const name = written.toUpperCase();
  if (!target.known.includes(name)) throw unknownOption(written, target.verb);
  if (name === 'MOVE') {
    const logicalName = parseValue(cursor);
    cursor.expectWord('TO');
    target.moves.push({ logicalName, target: parseValue(cursor) });
    return;
  }
  if (target.options.has(name)) {
    throw new SyntaxProblem(3031, 16, conflict(name, name));
  }
  target.options.set(name, parseOptionValue(cursor));
}

function parseOptionValue(cursor: TokenCursor): OptionValue {
  if (cursor.trySymbol('=')) return { expression: parseValue(cursor) };
  if (!cursor.trySymbol('(')) return true;
  const inside: string[] = [];
  while (!cursor.trySymbol(')')) {
    const { kind, text } = cursor.take();
    if (kind === 'end') cursor.fail();
    inside.push(kind === 'word' ? text.toUpperCase() : text);
  }
  return { words: inside };
}

function parseValue(cursor: TokenCursor): Expression {
  const { kind, text } = cursor.peek();
  if (kind === 'variable') return { kind: 'variable', name: cursor.take().text };
  if (kind === 'number') {
    cursor.take();
    return { kind: 'literal', typed: { type: { kind: 'bigint' }, value: wholeNumber(text) } };
  }
  if (kind === 'string' || kind === 'name' || (kind === 'word' && !isReserved(text))) {
    cursor.take();
    return { kind: 'literal', typed: textOf(text) };
  }
  return cursor.fail();
}

function unknownOption(written: string, verb: string): SyntaxProblem {
  return new SyntaxProblem(155, 15, `'${written}' is not a recognized ${verb} option.`);
}

export function conflict(option: string, other: string): string {
  return `Option '${option}' conflicts with option(s) '${other}'. Remove the conflicting option and reissue the statement.`;
}

function wholeNumber(text: string): bigint {
  if (!/^\d+$/.test(text)) throw new SyntaxProblem(102, 15, `Incorrect syntax near '${text}'.`);
  return BigInt(text);
}
