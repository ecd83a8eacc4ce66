// The promise of vdibackup to whoever starts it, as one function: from what the stand-in, the witness and the folder show
// of a run to what of it was broken. It knows the case only as far as it must: what the trouble rules out or demands.
// The words are README's ("What success means", exit codes, the last line).

import { unreachable } from '../../../src/base/errors.ts';
import type { Case } from './cases.ts';
import { brokenFiles } from './oracle-files.ts';
import { brokenDatabases } from './oracle-server.ts';
import type { Seen } from './play.ts';
import { hangs } from './trouble.ts';

/** Everything but 3, which is of several databases. */
const documented = new Set([0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 130, 143]);

/** From the signal to the end: one second (README), on a machine that does other things as well. */
const responsiveMs = 5000;
/** Where SQL Server or a drill's DROP does not answer either: the bounds of the teardown. */
const unresponsiveMs = 12_000;

export function broken(one: Case, seen: Seen): string[] {
  if (seen.hung) return ['it never ended'];
  return [
    ...brokenEnd(seen),
    ...brokenWords(seen),
    ...brokenCode(one, seen),
    ...brokenDevices(seen),
    ...brokenTime(one, seen),
    ...brokenTelling(one, seen),
    ...brokenFiles(one, seen),
    ...brokenDatabases(one, seen),
    ...seen.leftovers.map((what) => `left behind: ${what}`),
    ...brokenFollower(seen),
  ];
}

function brokenEnd({ code, signal }: Seen): string[] {
  if (signal !== null) return [`ended by the bare signal ${signal}`];
  return documented.has(code ?? -1) ? [] : [`exit code ${code} is not documented`];
}

function brokenWords({ code, stderr, lastLine, signal }: Seen): string[] {
  if (signal !== null) return [];
  const found: string[] = [];
  const expected = code === 0 ? /^OK / : new RegExp(`^FAILED( .+)?: .+ \\(exit ${code}\\)$`);
  if (!expected.test(lastLine)) found.push(`the last line is "${lastLine}"`);
  if (/^(error|FAILED.*): internal error|please report/im.test(stderr))
    found.push('an internal error');
  if (/Unhandled|\n {4}at .+:\d+:\d+\)?$/m.test(stderr)) found.push('a stack on stderr');
  const ends = stderr.match(/^(OK|FAILED)\b/gm)?.length ?? 0;
  if (ends !== 1) found.push(`${ends} last lines`);
  const errors = stderr.match(/^error: /gm)?.length ?? 0;
  if (errors !== (code === 0 ? 0 : 1)) found.push(`${errors} error lines with exit code ${code}`);
  return found;
}

function brokenCode(one: Case, seen: Seen): string[] {
  const { met, abortMs } = seen;
  const interrupted = one.signals === 'SIGTERM' ? 143 : 130;
  const allowed = new Set([
    ...(met ? one.trouble.codes : []),
    ...(abortMs === undefined ? [] : [interrupted]),
    ...(maySucceed(one, seen) ? [0] : []),
  ]);
  if (allowed.has(seen.code ?? -1)) return [];
  const expected = [...allowed].sort((a, b) => a - b).join(', ');
  return [`exit code ${seen.code} instead of ${expected}${met ? '' : ' (the trouble never came)'}`];
}

function maySucceed({ trouble, step }: Case, seen: Seen): boolean {
  if (!seen.met) return seen.abortMs === undefined;
  switch (trouble.effect) {
    case 'either':
      return true;
    case 'harmless':
      return seen.abortMs === undefined || step.moment === 'publishing' || hadEnded(seen);
    case 'hang':
      // A read ahead of what is needed may hang unnoticed.
      return step.kind === 'file' && step.role === 'source';
    case 'fatal':
      return false;
    default:
      return unreachable(trouble.effect);
  }
}

/** SQL Server had said the last word: nothing was left to be aborted. */
function hadEnded({ runs, log }: Seen): boolean {
  const last = runs.at(-1);
  return last ? last.outcome === 'success' : !log.some((line) => line.startsWith('Create '));
}

function brokenDevices({ log, problems, code }: Seen): string[] {
  const found = log.filter((line) => line.startsWith('BREACH ')).map((line) => `${line}`);
  if (problems.length > 0) found.push(`SQL Server had a problem with its client: ${problems[0]}`);
  const sets: string[][] = [];
  for (const line of log) {
    if (/^Create .*-> NOERROR$/.test(line)) sets.push([]);
    sets.at(-1)?.push(line);
  }
  for (const set of sets) found.push(...brokenSet(set, code));
  return found;
}

function brokenSet(set: readonly string[], code: number | null): string[] {
  const closed = set.findIndex((line) => /^Close /.test(line));
  const closes = set.filter((line) => /^Close /.test(line)).length;
  const aborts = set.filter((line) => /^SignalAbort /.test(line)).length;
  const found: string[] = [];
  if (closes !== 1) found.push(`Close ${closes} times`);
  if (aborts > 1) found.push(`SignalAbort ${aborts} times`);
  if (closes === 1 && set.findLastIndex((line) => /^SignalAbort /.test(line)) > closed)
    found.push('SignalAbort after Close');
  const hasEnded = set.some((line) => /^STATE \w+ -> (Abort|NormallyTerminated)$/.test(line));
  // SQL Server may wait for such devices for ever.
  if (!hasEnded && code !== null && [8, 12, 130, 143].includes(code))
    found.push('a device set was closed without SignalAbort');
  return found;
}

function brokenTime({ trouble, scenario, step }: Case, { abortMs }: Seen): string[] {
  if (abortMs === undefined) return [];
  const isDeaf = trouble.unresponsive || (hangs(trouble) && step.kind === 'file');
  const bound = isDeaf || scenario.verb === 'drill' ? unresponsiveMs : responsiveMs;
  return abortMs <= bound ? [] : [`${Math.round(abortMs)} ms from the signal to the end`];
}

/** A disk that fails is told to SQL Server by the code that says why, before SignalAbort. */
function brokenTelling({ trouble }: Case, { runs, abortMs, met, log }: Seen): string[] {
  const { win32 } = trouble;
  if (win32 === undefined || !met || abortMs !== undefined) return [];
  const errors = runs.at(-1)?.errors ?? [];
  const told = errors.filter((error) => error.win32 !== win32).map((error) => error.win32);
  if (told.length > 0) return [`SQL Server was told ${told.join(', ')} instead of ${win32}`];
  const isTold = log.some(
    (line) => /^CompleteCommand /.test(line) && line.includes(` code=${win32} `),
  );
  return isTold ? [] : [`SQL Server was not told ${win32}`];
}

function brokenFollower({ again }: Seen): string[] {
  if (!again || again.code === 0) return [];
  return [`the next run fails: ${again.lastLine}`];
}
