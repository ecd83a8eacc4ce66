// What lies on the disk afterwards, and whether it is what the run said of itself.

import { decodeArchiveTrailer } from '../../../src/archive/trailer.ts';
import { seekTableEntries } from '../../rig/seek-table.ts';
import { decompressAll, fingerprint, sha256 } from '../../rig/zstd.ts';
import type { DeviceBytes } from '../../standin/recipe.ts';
import type { Case } from './cases.ts';
import type { Seen } from './play.ts';
import type { Scenario, Target } from './scenario.ts';

export function brokenFiles(one: Case, seen: Seen): string[] {
  const { scenario } = one;
  return [
    ...brokenSources(scenario, seen),
    ...scenario.targets.flatMap((target) => brokenTarget(target, one, seen)),
    ...brokenRest(one, seen),
    ...brokenNames(seen),
  ];
}

function brokenSources({ sources }: Scenario, { before, after }: Seen): string[] {
  const isSame = (name: string) => after.get(name)?.equals(before.get(name) as Buffer) === true;
  return sources.filter((name) => !isSame(name)).map((name) => `${name} was changed`);
}

/** The final name appears if and only if the run succeeded. */
function brokenTarget(target: Target, one: Case, seen: Seen): string[] {
  const { name } = target;
  const was = seen.before.get(name);
  const is = seen.after.get(name);
  const isUnchanged = was ? is?.equals(was) === true : is === undefined;
  // A drill is about a database: its side file is new whenever it could be written, whatever the drill found.
  const isEvidence = target.holds === 'evidence';
  if (isWithoutChecksum(one, seen)) return brokenWithoutChecksum(target, is, one, seen);
  if (seen.code === 0 || (isEvidence && !isUnchanged)) {
    if (isEvidence && isUnchanged && /evidence\.xml/.test(seen.stderr)) return [];
    return is && isWhole(target, is, seen, one)
      ? []
      : [`${name} is not whole with exit code ${seen.code}`];
  }
  if (isUnchanged) return [];
  return [is ? `${name} is there with exit code ${seen.code}` : `${name} of yesterday is gone`];
}

/** The checksum could not be made: the run is no success, but its backup is published (docs/troubleshooting.md). */
function isWithoutChecksum({ step }: Case, { code, met, lastLine }: Seen): boolean {
  const failed = met && step.kind === 'file' && step.path.includes('.sha256');
  return failed && code === 8 && publishedWords.test(lastLine);
}

/** That of yesterday would be wrong beside the new backup. */
function brokenWithoutChecksum(
  target: Target,
  is: Buffer | undefined,
  one: Case,
  seen: Seen,
): string[] {
  const { name, holds } = target;
  if (holds === 'checksum') return is ? [`${name} is there although it failed`] : [];
  return is && isWhole(target, is, seen, one) ? [] : [`${name} is not whole, but said to be`];
}

function isWhole(target: Target, bytes: Buffer, seen: Seen, { scenario }: Case): boolean {
  switch (target.holds) {
    case 'archive':
      return isArchive(bytes, sentTo(target, seen), true);
    case 'stream':
      return scenario.verb === 'extract'
        ? bytes.equals(decompressAll(seen.before.get('full.zst') as Buffer))
        : isSent(bytes, sentTo(target, seen));
    case 'checksum': {
      const name = target.name.replace(/\.sha256$/, '');
      return bytes.toString() === `${sha256(seen.after.get(name) ?? Buffer.alloc(0))}  ${name}\n`;
    }
    case 'evidence':
      return /^<\?xml.*<\/testsuites>\s*$/s.test(bytes.toString());
  }
}

function sentTo({ device }: Target, { sent }: Seen): DeviceBytes | undefined {
  return sent[device];
}

function isSent(bytes: Buffer, sent: DeviceBytes | undefined): boolean {
  const { length, sha256: sum } = fingerprint(bytes);
  return sent !== undefined && length === sent.length && sum === sent.sha256;
}

/** A whole archive of these bytes; `finished` once SQL Server's success stands in its trailer. */
function isArchive(file: Buffer, sent: DeviceBytes | undefined, finished: boolean): boolean {
  try {
    const last = seekTableEntries(file).at(-1);
    if (!last || !isSent(decompressAll(file), sent)) return false;
    const trailer = decodeArchiveTrailer(file.subarray(last.offset), 'it');
    return !finished || Boolean(trailer.finished);
  } catch {
    return false;
  }
}

const publishedWords = /; the backup itself is finished and published: /;

// ---- what bears neither a final name nor that of a source

const leftover = /^(?<target>.+?)\.(?<kind>previous\.partial|partial|unconfirmed-[0-9A-Fa-f]{8})$/;

function brokenRest(one: Case, seen: Seen): string[] {
  const { sources, targets } = one.scenario;
  const known = new Set<string>([...sources, ...targets.map(({ name }) => name)]);
  const keeps = whatIsKept(one.scenario, seen);
  const rest = [...seen.after].filter(([name]) => !known.has(name));
  return [
    ...rest.flatMap(([name, bytes]) => brokenLeftover(name, bytes, keeps, one, seen)),
    ...brokenKeeping(keeps, one.scenario, seen),
  ];
}

function brokenLeftover(
  name: string,
  bytes: Buffer,
  keeps: Keeps,
  one: Case,
  seen: Seen,
): string[] {
  const { target: of, kind } = leftover.exec(name)?.groups ?? {};
  const target = one.scenario.targets.find((candidate) => candidate.name === of);
  if (!kind || !target) return [`${name} is nobody's`];
  const found = seen.stderr.includes(name) ? [] : [`${name} is left and not said`];
  if (kind === 'previous.partial') return [...found, ...brokenSecondName(name, one)];
  if (kind.startsWith('unconfirmed') && keeps !== 'unconfirmed')
    found.push(`${name}: SQL Server had said how the backup ended`);
  const isKept = keeps !== 'nothing' && target.holds !== 'checksum';
  if (isKept && !isKeptWhole(target, bytes, seen)) found.push(`${name} is kept and not whole`);
  if (!isKept && !mayBeLeft(target, bytes, one, seen))
    found.push(`${name} is left although nothing was to be kept`);
  return found;
}

/** Of yesterday's file, which has its first name or was replaced: only what cannot be removed stays. */
function brokenSecondName(name: string, { step }: Case): string[] {
  const cannotGo = step.kind === 'file' && step.call === 'unlink';
  return cannotGo ? [] : [`${name} is left although it could be removed`];
}

/** Where it cannot be removed; or a whole extract that could not get its name, which took as long as the whole one. */
function mayBeLeft(target: Target, bytes: Buffer, one: Case, seen: Seen): boolean {
  const { scenario, step } = one;
  if (step.kind === 'file' && step.call === 'unlink') return true;
  if (scenario.verb !== 'extract') return seen.code === 0 && scenario.verb === 'backup';
  return /kept as/.test(seen.lastLine) && isWhole(target, bytes, seen, one);
}

function isKeptWhole(target: Target, bytes: Buffer, seen: Seen): boolean {
  const sent = sentTo(target, seen);
  return target.holds === 'archive' ? isArchive(bytes, sent, false) : isSent(bytes, sent);
}

/** SQL Server may count on the backup although the run failed: then its bytes must not be lost. */
function brokenKeeping(keeps: Keeps, { targets }: Scenario, seen: Seen): string[] {
  if (keeps === 'nothing') return [];
  const pattern =
    keeps === 'confirmed'
      ? '(\\.partial|\\.unconfirmed-[0-9A-Fa-f]{8})'
      : '\\.unconfirmed-[0-9A-Fa-f]{8}';
  const isThere = ({ name }: Target) => {
    const form = new RegExp(`^${name.replaceAll('.', '\\.')}${pattern}$`);
    return [...seen.after.keys()].some((file) => form.test(file) && seen.lastLine.includes(file));
  };
  const data = targets.filter(({ holds }) => holds !== 'checksum');
  return data
    .filter((target) => !isThere(target))
    .map(({ name }) => `${name}: the ${keeps} backup is not kept, or not named in the last line`);
}

export type Keeps = 'nothing' | 'unconfirmed' | 'confirmed';

/** Of a backup that failed: what SQL Server may think of it, from what reached the client. */
export function whatIsKept({ verb }: Scenario, { code, stderr, log, lastLine }: Seen): Keeps {
  if (verb !== 'backup' || code === 0 || publishedWords.test(lastLine)) return 'nothing';
  const failed = /^sql: Msg \d+, Level (1[1-9]|2\d)/m.test(stderr);
  const succeeded = /^sql: Msg 3014\b/m.test(stderr);
  // Nobody knows which of two contrary words counts.
  if (failed) return succeeded ? 'unconfirmed' : 'nothing';
  if (succeeded) return 'confirmed';
  return isToldDurable(log) ? 'unconfirmed' : 'nothing';
}

/** Every device had its last Flush or Complete answered with success. */
function isToldDurable(log: readonly string[]): boolean {
  const opened = log.filter((line) => /^OpenDevice .*NOERROR/.test(line)).length;
  const hasComplete = log.some((line) => /^NOTE control begin .*complete=1/.test(line));
  const last = new RegExp(`command=${hasComplete ? 'Complete' : 'Flush'} code=0 .*-> NOERROR$`);
  return opened > 0 && log.filter((line) => last.test(line)).length === opened;
}

/** Every name that is said to be kept is there. */
function brokenNames({ stderr, after }: Seen): string[] {
  const found: string[] = [];
  for (const [, list = ''] of stderr.matchAll(/kept as ((?:[^\s,:;)]+(?:, )?)+)/g))
    for (const path of list.split(', ').filter(Boolean)) {
      const name = path.split('/').at(-1) ?? '';
      if (!after.has(name)) found.push(`${name} is said to be kept and is not there`);
    }
  return [...new Set(found)];
}
