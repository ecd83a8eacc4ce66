// Words of the command line -> values, each refusal saying what is allowed. Not here: which options exist.

import { formatByteSize, GiB, KiB, parseByteSize } from '../../base/byte-size.ts';
import { parseDuration } from '../../base/duration.ts';
import type { BackupType } from '../../base/events.ts';
import { isBlockSize, isTransferSize } from '../../base/platform/sql-server-limits.ts';
import type { Compression } from '../../job/request/backup-request.ts';
import { usageError } from '../usage-error.ts';

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

/** `[name]` is the name without its brackets, as T-SQL has it: `]]` inside is one. */
export function databaseName(text: string): string {
  const quoted = /^\[((?:[^\]]|\]\])+)\]$/.exec(text)?.[1];
  const name = quoted?.replaceAll(']]', ']') ?? text;
  if (name.length <= maxDatabase && name.trim() !== '' && !name.includes('\0')) return name;
  throw usageError('invalid-value', `a database name has 1 to ${maxDatabase} characters`);
}

/** A point in time as RESTORE ... STOPAT takes it in any language of the login, with its offset from UTC if it has one. */
export function pointInTime(text: string): string {
  const match = pointForm.exec(text.trim());
  const time = match && `${match[1]}T${match[2]}${match[3] ?? ':00'}`;
  const offset = match && offsetOf(match[4] ?? '');
  // Date would take 2026-02-30 for the 2nd of March.
  const isDay = time && new Date(`${time}Z`).toJSON()?.slice(0, 19) === time.slice(0, 19);
  if (time && isDay && offset !== undefined) return `${time}${offset}`;
  const allowed =
    'a local time of the server, e.g. 2026-05-31T18:30:00, or one with an offset: +02:00';
  throw badValue('--stop-at', text, allowed);
}

const pointForm = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d(?:\.\d{1,3})?)? ?(Z|[+-]\d\d:\d\d)?$/i;
/** As datetimeoffset of SQL Server. */
const maxOffsetMinutes = 14 * 60;

/** `+HH:MM`, or nothing; undefined for one that no clock has. */
function offsetOf(text: string): string | undefined {
  if (text === '') return '';
  if (/^z$/i.test(text)) return '+00:00';
  const [hours = 0, minutes = 0] = text.slice(1).split(':').map(Number);
  return minutes < 60 && hours * 60 + minutes <= maxOffsetMinutes ? text : undefined;
}

/** A GUID as `info` prints it, in any case, with or without braces. */
export function recoveryFork(text: string): string {
  const guid = /^\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?$/i.exec(text)?.[1];
  if (guid !== undefined) return guid.toUpperCase();
  throw badValue('--fork', text, 'a RecoveryForkID, as vdibackup info --json prints it');
}

/** A path on the server, of either system. */
export function serverPath(option: string, text: string): string {
  if (/^(\/|[a-z]:[\\/]|\\\\)/i.test(text)) return text;
  throw badValue(option, text, 'an absolute path as SQL Server sees it');
}

/** `--threads`; all cores when it is not given, or what a CPU quota leaves of them. */
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
  // Not its text: cut to a readable length it might end in the middle of a secret.
  throw usageError(
    'invalid-value',
    `${option} must be 1 to ${max} printable characters, not ${text.length}${text.length <= max ? ' with a control character' : ''}`,
  );
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
  if (isTransferSize(bytes)) return bytes;
  throw badValue('--transfer-size', text, 'a multiple of 64KiB from 64KiB to 4MiB');
}

export function blockSize(text: string): number {
  const bytes = parseByteSize(text) ?? 0;
  if (isBlockSize(bytes)) return bytes;
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
  if (ms === 0 || isStallTimeout(ms)) return Math.round(ms);
  throw badValue('--stall-timeout', text, 'off or a duration from 1s to 7d, e.g. 90s, 15m, 1h30m');
}

function isStallTimeout(ms: number | undefined): ms is number {
  return ms !== undefined && ms >= minStallTimeout && ms <= maxStallTimeout;
}

/** The same before the words are judged: 0 (off) for what will be refused. */
export function stallTimeoutOrOff(text: string): number {
  const ms = parseDuration(text);
  return isStallTimeout(ms) ? Math.round(ms) : 0;
}
