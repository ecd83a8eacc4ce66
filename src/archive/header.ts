// The header: the first frame of every archive, known before the first byte of data
// (docs/archive-format.md, "Header"). No secret ever belongs here.

import { KiB, MiB } from '../base/byte-size.ts';
import { internalError } from '../base/errors.ts';
import type { BackupType } from '../base/events.ts';
import {
  maxBlockSize,
  maxDevices,
  maxTransferSize,
  minBlockSize,
  minTransferSize,
} from '../base/platform/sql-server-limits.ts';
import { unsealed } from './json-checksum.ts';
import { archiveVersion, decodeJsonFrame, encodeJsonFrame, type JsonFields } from './json-frame.ts';

/** Longest header frame a reader accepts; names of SQL Server are at most 128 characters each. */
export const maxHeaderFrameBytes = 64 * KiB;
/** Longest name of a database or an instance, UTF-16 units: SQL Server's sysname has 128. */
const maxNameUnits = 256;
/** Longest of the other texts, UTF-16 units: a GUID has 36, a time 24. All of them appear in messages of one line. */
export const maxTextUnits = 64;
/** Largest frame size in raw bytes: a reader allocates this much per thread. */
export const maxFrameSize = 128 * MiB;

const backupTypes: readonly BackupType[] = ['copy', 'full', 'diff', 'log'];

/** What one archive (one stripe of a backup set) says of itself before its data. */
export interface ArchiveHeader {
  /** Id of this run's set, a GUID; the same in every stripe. */
  readonly setId: string;
  /** 1 to `stripes`. */
  readonly stripe: number;
  /** 1 to 64. */
  readonly stripes: number;
  readonly database: string;
  /** The instance as it names itself (@@SERVERNAME). */
  readonly server: string;
  readonly type: BackupType;
  /** Bytes, 512 to 65536. RESTORE must use the same. */
  readonly blockSize: number;
  /** MAXTRANSFERSIZE in bytes, 64 KiB to 4 MiB. */
  readonly transferSize: number;
  /** Most raw bytes of one frame, 1 to 128 MiB. */
  readonly frameSize: number;
  readonly compression: {
    readonly algorithm: 'zstd';
    /** -7 to 22. */
    readonly level: number;
  };
  readonly toolVersion: string;
  /** ISO 8601, UTC. */
  readonly started: string;
}

/** The header as a skippable frame. Throws an internal error when it is longer than readers accept. */
export function encodeArchiveHeader(header: ArchiveHeader): Uint8Array {
  const json = JSON.stringify({ vdibackup: archiveVersion, ...header, crc32: unsealed });
  const frame = encodeJsonFrame(json);
  if (frame.length <= maxHeaderFrameBytes) return frame;
  throw internalError(`a header of at most ${maxHeaderFrameBytes} bytes`, frame.length);
}

/**
 * Reads the header frame. Failure `integrity`: `archive-damaged`, or `archive-version` for a newer format.
 * Fields this version does not know are ignored.
 * @param frame the whole skippable frame; more bytes behind it are ignored
 */
export function decodeArchiveHeader(frame: Uint8Array, file: string): ArchiveHeader {
  const fields = decodeJsonFrame(frame, maxHeaderFrameBytes, 'header', file);
  const stripes = fields.integer('stripes', 1, maxDevices);
  return {
    setId: fields.string('setId', maxTextUnits),
    stripe: fields.integer('stripe', 1, stripes),
    stripes,
    database: fields.string('database', maxNameUnits),
    server: fields.string('server', maxNameUnits),
    type: fields.oneOf('type', backupTypes),
    blockSize: fields.integer('blockSize', minBlockSize, maxBlockSize),
    transferSize: fields.integer('transferSize', minTransferSize, maxTransferSize),
    frameSize: fields.integer('frameSize', 1, maxFrameSize),
    compression: decodeCompression(fields.object('compression')),
    toolVersion: fields.string('toolVersion', maxTextUnits),
    started: fields.string('started', maxTextUnits),
  };
}

function decodeCompression(fields: JsonFields): ArchiveHeader['compression'] {
  return { algorithm: fields.oneOf('algorithm', ['zstd']), level: fields.integer('level', -7, 22) };
}
