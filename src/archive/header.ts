// The header: the first frame of every archive, known before the first byte of data
// (docs/archive-format.md, "Header"). No secret ever belongs here.

import { KiB, MiB } from '../base/byte-size.js';
import type { BackupType } from '../base/events.js';
import { internalError } from '../errors.js';
import { unsealed } from './json-checksum.js';
import { archiveVersion, decodeJsonFrame, encodeJsonFrame, type JsonFields } from './json-frame.js';

/** Longest header frame a reader accepts; names of SQL Server are at most 128 characters each. */
export const maxHeaderFrameBytes = 64 * KiB;
/** Largest frame size in raw bytes: a reader allocates this much per thread. */
export const maxFrameSize = 128 * MiB;
/** Most stripes of a set: SQL Server's limit of backup devices. */
export const maxStripes = 64;
/** BLOCKSIZE of SQL Server's BACKUP: 512 bytes to 64 KiB. */
const minBlockSize = 512;
const maxBlockSize = 64 * KiB;
/** MAXTRANSFERSIZE of SQL Server's BACKUP: 64 KiB to 4 MiB. */
const minTransferSize = 64 * KiB;
const maxTransferSize = 4 * MiB;

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
  const stripes = fields.integer('stripes', 1, maxStripes);
  return {
    setId: fields.string('setId'),
    stripe: fields.integer('stripe', 1, stripes),
    stripes,
    database: fields.string('database'),
    server: fields.string('server'),
    type: fields.oneOf('type', backupTypes),
    blockSize: fields.integer('blockSize', minBlockSize, maxBlockSize),
    transferSize: fields.integer('transferSize', minTransferSize, maxTransferSize),
    frameSize: fields.integer('frameSize', 1, maxFrameSize),
    compression: decodeCompression(fields.object('compression')),
    toolVersion: fields.string('toolVersion'),
    started: fields.string('started'),
  };
}

function decodeCompression(fields: JsonFields): ArchiveHeader['compression'] {
  return { algorithm: fields.oneOf('algorithm', ['zstd']), level: fields.integer('level', -7, 22) };
}
