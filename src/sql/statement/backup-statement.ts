// The BACKUP statement as text. Pure; the words and limits are those of "BACKUP (Transact-SQL)"
// in Microsoft Learn; VIRTUAL_DEVICE, which that leaves out, is that of the Virtual Backup Device Interface specification.

import { Failure, internalError } from '../../base/errors.ts';
import type { BackupType } from '../../base/events.ts';
import { maxDescriptionLength, quoteIdentifier, quoteLiteral } from '../quoting.ts';
import { parseWithOptions } from './with-options.ts';

/** SQL Server 2008, the first version that knows COMPRESSION and NO_COMPRESSION. */
export const firstMajorWithCompression = 10;

export interface BackupStatementInput {
  readonly database: string;
  readonly type: BackupType;
  /** Virtual device names in order, 1 to 64; the first is the device set's name. */
  readonly deviceNames: readonly string[];
  readonly compression: 'zstd' | 'server' | 'none';
  readonly checksum: boolean;
  /** MAXTRANSFERSIZE in bytes; VDI's default of 64 KiB when absent. */
  readonly transferSize?: number | undefined;
  /** BUFFERCOUNT over all devices. */
  readonly bufferCount?: number | undefined;
  /** BLOCKSIZE in bytes. */
  readonly blockSize?: number | undefined;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  /** Verbatim further options; each one wins over ours of the same kind. */
  readonly with?: string | undefined;
  /** Major version of the server (16 = 2022); a current one when absent. */
  readonly serverMajor?: number | undefined;
}

/** An option of ours and every word by which the user takes the decision away from us. */
interface OwnOption {
  readonly text: string;
  readonly yieldsTo: readonly string[];
}

/**
 * `BACKUP DATABASE|LOG [db] TO VIRTUAL_DEVICE = N'…'[, …] WITH …`. Throws `Failure('usage')` for names that cannot
 * be and for `with` text that is not an option list or changes what kind of backup this is.
 */
export function backupStatement(input: BackupStatementInput): string {
  if (input.deviceNames.length === 0) throw internalError('a virtual device', 'none');
  const devices = input.deviceNames.map((name) => `VIRTUAL_DEVICE = ${quoteLiteral(name)}`);
  const theirs = input.with?.trim() ? parseWithOptions(input.with) : [];
  const taken = new Set(theirs.map((option) => option.name));
  refuseOtherKinds(taken, input.type);
  const ours = ownOptions(input).filter((own) => !own.yieldsTo.some((word) => taken.has(word)));
  const options = [...ours, ...theirs].map((option) => option.text);
  const verb = input.type === 'log' ? 'BACKUP LOG' : 'BACKUP DATABASE';
  return `${verb} ${quoteIdentifier(input.database)} TO ${devices.join(', ')} WITH ${options.join(', ')}`;
}

function ownOptions(input: BackupStatementInput): OwnOption[] {
  return [
    ...mediaOptions(),
    ...typeOptions(input.type),
    ...compressionOptions(input),
    own(input.checksum ? 'CHECKSUM' : 'NO_CHECKSUM', ['CHECKSUM', 'NO_CHECKSUM']),
    ...numberOption('MAXTRANSFERSIZE', input.transferSize),
    ...numberOption('BUFFERCOUNT', input.bufferCount),
    ...numberOption('BLOCKSIZE', input.blockSize),
    ...nameOptions(input),
    own('STATS = 1', ['STATS']),
  ];
}

/**
 * FORMAT: a pipe is always new media, so it says what is true anyway, and SQL Server never compares with a media
 * header that is not there (Msg 3095, 3098 for ENCRYPTION and COMPRESSION). It implies INIT and SKIP.
 */
function mediaOptions(): OwnOption[] {
  return [own('FORMAT', ['FORMAT', 'NOFORMAT', 'INIT', 'NOINIT'])];
}

function typeOptions(type: BackupType): OwnOption[] {
  if (type === 'copy') return [own('COPY_ONLY')];
  if (type === 'diff') return [own('DIFFERENTIAL')];
  return [];
}

/** NO_COMPRESSION is said aloud because the server's default may compress silently, and twice is wasted work. */
function compressionOptions(input: BackupStatementInput): OwnOption[] {
  if ((input.serverMajor ?? firstMajorWithCompression) < firstMajorWithCompression) return [];
  const word = input.compression === 'server' ? 'COMPRESSION' : 'NO_COMPRESSION';
  return [own(word, ['COMPRESSION', 'NO_COMPRESSION'])];
}

function nameOptions({ name, description }: BackupStatementInput): OwnOption[] {
  const options: OwnOption[] = [];
  if (name) options.push(own(`NAME = ${quoteLiteral(name, 'a backup set name')}`, ['NAME']));
  if (description) {
    const literal = quoteLiteral(description, 'a description', maxDescriptionLength);
    options.push(own(`DESCRIPTION = ${literal}`, ['DESCRIPTION']));
  }
  return options;
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

/** The archive and the last line say which type this is; `--with` must not make them lie. */
function refuseOtherKinds(taken: ReadonlySet<string>, type: BackupType): void {
  if (taken.has('DIFFERENTIAL') && type !== 'diff')
    throw new Failure('type-in-with', '--with must not say DIFFERENTIAL', {
      hints: ['Say --type diff instead.'],
    });
  if (taken.has('COPY_ONLY') && type === 'full')
    throw new Failure('type-in-with', '--with must not say COPY_ONLY', {
      hints: ['Say --type copy instead.'],
    });
  for (const word of ['SNAPSHOT', 'METADATA_ONLY'])
    if (taken.has(word))
      throw new Failure('snapshot-in-with', `--with must not say ${word}`, {
        hints: ['A snapshot backup has no stream of data; vdibackup stores streams.'],
      });
}
