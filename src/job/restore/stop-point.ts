// The point of `--stop-at` in the local time of the server, which is all that STOPAT knows. Backups say how far that was
// from UTC when they began. Pure but for the time zone of this machine.

import { Failure } from '../../base/errors.ts';
import type { BackupSet } from '../../mtf/backup-set.ts';

interface StopPoint {
  /** `YYYY-MM-DDTHH:MM:SS[.fff]`. */
  readonly local: string;
  /** The hour comes twice, when clocks are set back. */
  readonly isRepeated: boolean;
}

/** Minutes east of UTC at an instant, milliseconds since 1970. */
type TimeZone = (instant: number) => number;

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

const thisMachine: TimeZone = (instant) => -new Date(instant).getTimezoneOffset();

/**
 * `text` is a local time of the server, or one with an offset at its end. Throws `Failure('usage')` where the server's
 * clock changed between the backups around the point, not as this machine's did.
 */
export function stopPoint(
  text: string,
  sets: readonly (BackupSet | undefined)[],
  zone: TimeZone = thisMachine,
): StopPoint {
  const instant = instantOf(text, zone);
  const around = neighbours(sets.flatMap(known), instant);
  // The server is here mostly, and its clock then follows the same rules.
  const isOurZone = around.every((moment) => zone(moment.instant) === moment.minutes);
  const local = hasOffset(text)
    ? toLocal(text, instant, isOurZone ? zone(instant) : theirs(text, around))
    : text;
  return { local, isRepeated: isOurZone && comesTwice(local, zone) };
}

/** Milliseconds since 1970 of a point as `stopPoint` takes it; one without an offset is a local time of `zone`. */
export function instantOf(text: string, zone: TimeZone): number {
  if (hasOffset(text)) return Date.parse(text);
  const wall = Date.parse(`${text}Z`);
  return wall - zone(wall) * minuteMs;
}

function hasOffset(text: string): boolean {
  return /[+-]\d\d:\d\d$/.test(text);
}

/** When a backup began, and how far its server was from UTC then. */
interface Moment {
  readonly started: string;
  readonly instant: number;
  readonly minutes: number;
}

function known(set: BackupSet | undefined): readonly Moment[] {
  const { started, timeZoneMinutes: minutes } = set ?? {};
  const local = Date.parse(`${started}Z`);
  if (started === undefined || minutes === undefined || Number.isNaN(local)) return [];
  return [{ started, instant: local - minutes * minuteMs, minutes }];
}

/** The last before `instant` and the first after it. */
function neighbours(moments: readonly Moment[], instant: number): Moment[] {
  const ordered = moments.toSorted((a, b) => a.instant - b.instant);
  const before = ordered.findLast((moment) => moment.instant <= instant);
  const after = ordered.find((moment) => moment.instant > instant);
  return [before, after].filter((moment) => moment !== undefined);
}

function theirs(text: string, [one, other]: readonly Moment[]): number {
  if (one && (!other || one.minutes === other.minutes)) return one.minutes;
  throw new Failure(
    'stop-at-zone',
    `what the local time of the server was at ${text} is not known: its clock changed between ${one?.started} and ${other?.started}`,
    { hints: ['Write --stop-at in the local time of the server, without an offset.'] },
  );
}

function toLocal(text: string, instant: number, minutes: number): string {
  const local = new Date(instant + minutes * minuteMs).toISOString().slice(0, -1);
  return text.includes('.') ? local : local.slice(0, 'YYYY-MM-DDTHH:MM:SS'.length);
}

function comesTwice(local: string, zone: TimeZone): boolean {
  const wall = Date.parse(`${local}Z`);
  const offsets = new Set([zone(wall - dayMs), zone(wall + dayMs)]);
  return [...offsets].filter((minutes) => zone(wall - minutes * minuteMs) === minutes).length > 1;
}

export function repeatedHour(local: string): { code: string; message: string; hint: string } {
  return {
    code: 'repeated-hour',
    message: `${local} comes twice, because clocks were set back: STOPAT does not say which of the two is meant`,
    hint: 'Look at the data, or stop before or after that hour.',
  };
}
