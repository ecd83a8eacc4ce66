// Words of the command line -> values, each refusal saying what is allowed. Not here: which options exist.

import { formatByteSize, GiB, KiB, MiB, parseByteSize } from '../../base/byte-size.js';
import { parseDuration } from '../../base/duration.js';
import type { BackupType } from '../../base/events.js';
import type { Compression } from '../../job/request/backup-request.js';
import { usageError } from '../usage-error.js';

/** SQL Server takes MAXTRANSFERSIZE in steps of 64 KiB up to 4 MiB. */
const transferStep = 64 * KiB;
const maxTransferSize = 4 * MiB;
/** Physical sector sizes SQL Server knows for BLOCKSIZE. */
const minBlockSize = 512;
const maxBlockSize = 64 * KiB;
/** zstd's own range, without the levels (20 to 22) whose windows need more memory than they save. */
const minLevel = -7;
const maxLevel = 19;
/** Slower than this, no SQL Server backup is worth its time; also keeps a throttle from looking stalled. */
const minRate = 64 * KiB;
const maxRate = 1024 * GiB;
const minStallTimeout = 1000;
/** A timer of Node counts to 24.8 days. */
const maxStallTimeout = 7 * 24 * 3_600_000;

function badValue(option: string, text: string, allowed: string): Error {
  return usageError('invalid-value', `${option} must be ${allowed}, not '${text}'`);
}

export function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw badValue(option, text, `a whole number from ${min} to ${max}`);
}

/** More threads than any machine this runs on has use for. */
const maxThreads = 256;

/** `read(text)` of an option that was given. */
export function given<T>(text: string | undefined, read: (text: string) => T): T | undefined {
  return text === undefined ? undefined : read(text);
}

const maxDatabase = 128;

export function databaseName(name: string): string {
  if (name.length <= maxDatabase && name.trim() !== '' && !name.includes('\0')) return name;
  throw usageError('invalid-value', `a database name has 1 to ${maxDatabase} characters`);
}

/** A point in time as RESTORE ... STOPAT takes it in any language of the login. */
export function pointInTime(text: string): string {
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d(?:\.\d{1,3})?)?$/.exec(text.trim());
  const time = match && `${match[1]}T${match[2]}${match[3] ?? ':00'}`;
  // Date would take 2026-02-30 for the 2nd of March.
  const isDay = time && new Date(`${time}Z`).toJSON()?.slice(0, 19) === time.slice(0, 19);
  if (time && isDay) return time;
  throw badValue('--stop-at', text, 'a local time of the server, e.g. 2026-05-31T18:30:00');
}

/** A path on the server, of either system. */
export function serverPath(option: string, text: string): string {
  if (/^(\/|[a-z]:[\\/]|\\\\)/i.test(text)) return text;
  throw badValue(option, text, 'an absolute path as SQL Server sees it');
}

export const serverFolder = serverPath;

/** `--threads`; all cores when it is not given. */
export function threads(text: string | undefined, cpus: number): number {
  if (text === undefined) return Math.min(cpus, maxThreads);
  return wholeNumber('--threads', text, 1, maxThreads);
}

export function oneOf<Word extends string>(
  option: string,
  text: string,
  words: readonly Word[],
): Word {
  const found = words.find((word) => word === text.toLowerCase());
  if (found !== undefined) return found;
  throw badValue(option, text, `one of ${words.join(', ')}`);
}

/** A text SQL Server keeps in a column of `max` characters. */
export function textUpTo(option: string, text: string, max: number): string {
  if (text.length >= 1 && text.length <= max && !/\p{Cc}/u.test(text)) return text;
  throw badValue(option, shortened(text), `1 to ${max} printable characters`);
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

export const backupTypes: readonly BackupType[] = ['copy', 'full', 'diff', 'log'];

export function compression(text: string): Compression {
  if (text === 'server' || text === 'none') return { kind: text };
  const match = /^zstd(?::([+-]?\d+))?$/.exec(text);
  const level = Number(match?.[1] ?? 3);
  if (match && level >= minLevel && level <= maxLevel) return { kind: 'zstd', level };
  const allowed = `zstd, zstd:LEVEL with a level from ${minLevel} to ${maxLevel}, server or none`;
  throw badValue('--compress', text, allowed);
}

export function transferSize(text: string): number {
  const bytes = parseByteSize(text) ?? 0;
  if (bytes >= transferStep && bytes <= maxTransferSize && bytes % transferStep === 0) return bytes;
  throw badValue('--transfer-size', text, 'a multiple of 64KiB from 64KiB to 4MiB');
}

export function blockSize(text: string): number {
  const bytes = parseByteSize(text) ?? 0;
  const isPowerOfTwo = Number.isInteger(Math.log2(bytes));
  if (bytes >= minBlockSize && bytes <= maxBlockSize && isPowerOfTwo) return bytes;
  throw badValue('--block-size', text, 'a power of two from 512 to 64KiB (65536)');
}

/** Bytes per second of `100MiB/s`; the `/s` may be left out. */
export function rate(text: string): number {
  const bytes = parseByteSize(text.replace(/\/s(ec)?$/i, '')) ?? 0;
  if (bytes >= minRate && bytes <= maxRate) return bytes;
  const range = `from ${formatByteSize(minRate)}/s to ${formatByteSize(maxRate)}/s`;
  throw badValue('--rate', text, `a size per second, e.g. 100MiB/s, ${range}`);
}

/** Milliseconds; 0 = off. */
export function stallTimeout(text: string): number {
  const ms = parseDuration(text);
  if (ms === 0) return 0;
  if (ms !== undefined && ms >= minStallTimeout && ms <= maxStallTimeout) return Math.round(ms);
  throw badValue('--stall-timeout', text, 'off or a duration from 1s to 7d, e.g. 90s, 15m, 1h30m');
}
