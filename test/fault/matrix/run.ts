// The fault matrix as a program: records the steps of every scenario, makes the cases, runs them side by side, judges
// them, and prints what broke with the command that repeats it. The last line is `N passed, N failed`.
//
//   npm run test:faults                                    every case
//   npm run test:faults -- --only 'backup/inside Flush'    those whose name holds this; repeatable
//   npm run test:faults -- --sample 150 --seed 7           so many of them, chosen by the seed
//   npm run test:faults -- --resume                        not those that were held in the run before
//   npm run test:faults -- --publish                       write the table to docs/reliability.md

import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Case, casesOf, sample, shuffled } from './cases.ts';
import { Material } from './material.ts';
import { broken } from './oracle.ts';
import { play, type Seen } from './play.ts';
import { record } from './recording.ts';
import { type Outcome, page } from './report.ts';
import { scenarios } from './scenario.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const folder = join(root, 'build', 'fault-matrix');
const results = join(folder, 'results.jsonl');
const publication = join(root, 'docs', 'reliability.md');

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    sample: { type: 'string' },
    seed: { type: 'string', default: ['1'], multiple: true },
    lanes: { type: 'string', default: '3' },
    resume: { type: 'boolean', default: false },
    publish: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    show: { type: 'boolean', default: false },
  },
});

/** Every so many cases are followed by a run without a fault in the same folder. */
const followUpEvery = 8;
const progressEvery = 50;

const say = (line: string) => process.stdout.write(`${line}\n`);
const commands = new Map(scenarios.map(({ name, args, verb }) => [name, commandLine(args, verb)]));

let interrupted = false;
process.once('SIGINT', () => {
  interrupted = true;
  say('interrupted: the cases that run now are the last ones; --resume goes on from here');
});

const material = await Material.make();
try {
  const everything = await allCases();
  const chosen = choose(everything);
  if (values.list) for (const { name } of chosen) say(name);
  else conclude(await runAll(chosen), everything);
} finally {
  await material.remove();
}

async function allCases(): Promise<Case[]> {
  const wanted = scenarios.filter(
    ({ name }) => values.only.length === 0 || values.only.some((part) => touches(part, name)),
  );
  const cases: Case[] = [];
  for (const scenario of wanted) cases.push(...casesOf(scenario, await record(scenario, material)));
  return cases;
}

/** A part of a case's name that begins with a scenario's needs only that one recorded. */
function touches(part: string, scenario: string): boolean {
  const first = part.split('/')[0] ?? '';
  return part.includes('/') && scenarios.some(({ name }) => name === first)
    ? first === scenario
    : true;
}

function choose(all: readonly Case[]): Case[] {
  const { only, sample: count, seed } = values;
  const matching = all.filter(
    ({ name }) => only.length === 0 || only.some((part) => name.includes(part)),
  );
  if (count === undefined) return matching;
  const share = Math.ceil(Number(count) / seed.length);
  const picked = new Set(seed.flatMap((one) => sample(matching, share, numberOf(one))));
  return matching.filter((one) => picked.has(one));
}

/** A seed may be a commit: its first hexadecimal digits count. */
function numberOf(seed: string): number {
  return /^\d+$/.test(seed) ? Number(seed) : Number.parseInt(seed.slice(0, 7), 16);
}

async function runAll(cases: readonly Case[]): Promise<Outcome[]> {
  const known = values.resume ? heldBefore() : new Map<string, Outcome>();
  mkdirSync(folder, { recursive: true });
  if (!values.resume) rmSync(results, { force: true });
  const outcomes: Outcome[] = cases.flatMap(({ name }) => known.get(name) ?? []);
  // In any order: cases that take long are spread, and a run that is interrupted has touched everything.
  const rest = shuffled(cases.filter(({ name }) => !known.has(name)));
  say(`${cases.length} cases, ${rest.length} to run, ${values.lanes} side by side`);
  let next = 0;
  const lane = async () => {
    for (let one = rest[next]; one && !interrupted; one = rest[next]) {
      next += 1;
      const outcome = await runOne(one);
      outcomes.push(outcome);
      appendFileSync(results, `${JSON.stringify(outcome)}\n`);
      if (outcomes.length % progressEvery === 0) progress(outcomes, cases.length);
    }
  };
  await Promise.all(Array.from({ length: Number(values.lanes) }, lane));
  return judgedAlone(outcomes, cases);
}

/**
 * The runs have bounds of time, and on a busy machine a wait for the processor passes for a hang. So what broke beside
 * others is played once more with nothing beside it: that verdict counts, and the first one is printed.
 */
async function judgedAlone(
  outcomes: readonly Outcome[],
  cases: readonly Case[],
): Promise<Outcome[]> {
  const byName = new Map(cases.map((one) => [one.name, one]));
  const judged: Outcome[] = [];
  for (const outcome of outcomes) {
    const one = isOfTime(outcome) && !interrupted ? byName.get(outcome.name) : undefined;
    const alone = one && (await runOne(one));
    // A trouble that came the first time and not the second has proven nothing.
    judged.push(
      alone && (alone.met || !outcome.met) ? { ...alone, besideOthers: outcome.broken } : outcome,
    );
  }
  return judged;
}

/** Every promise that broke has a bound of time: what lies on the disk is what it is on a busy machine, too. */
function isOfTime({ broken: why }: Outcome): boolean {
  const bound = /^(it never ended$|\d+ ms from the signal to the end$|exit code 12 instead of )/;
  return why.length > 0 && why.every((one) => bound.test(one));
}

function heldBefore(): Map<string, Outcome> {
  const lines = existsSync(results)
    ? readFileSync(results, 'utf8').split('\n').filter(Boolean)
    : [];
  const all = lines.map((line): [string, Outcome] => {
    const outcome = JSON.parse(line);
    return [outcome.name, outcome];
  });
  return new Map(all.filter(([, { broken: why }]) => why.length === 0));
}

async function runOne(one: Case): Promise<Outcome> {
  const { name } = one;
  const seen = await play(one, material, hash(name) % followUpEvery === 0);
  const why = broken(one, seen);
  if (values.show) say(described(seen));
  if (why.length > 0) failed(name, why, seen);
  return {
    name,
    scenario: one.scenario.name,
    step: stepLabel(one),
    moment: one.step.moment,
    trouble: one.trouble.name,
    signals: one.signals,
    met: seen.met,
    code: seen.code,
    broken: why,
  };
}

function stepLabel({ step }: Case): string {
  return step.name.replace(/ \d+$/, '');
}

function failed(name: string, why: readonly string[], seen: Seen): void {
  say(`broken ${name}`);
  for (const one of why) say(`  ${one}`);
  say(`  last line: ${seen.lastLine}`);
  say(`  repeat: npm run test:faults -- --show --only '${name.replaceAll("'", "'\\''")}'`);
}

function described({ stderr, log, after, code, elapsedMs, abortMs }: Seen): string {
  const files = [...after.keys()].join(', ');
  return `${log.join('\n')}\n${stderr}\nexit ${code} after ${Math.round(elapsedMs)} ms (signal: ${abortMs})\nleft: ${files}`;
}

function hash(text: string): number {
  let sum = 0;
  for (const letter of text) sum = (Math.imul(sum, 31) + letter.charCodeAt(0)) >>> 0;
  return sum;
}

function progress(outcomes: readonly Outcome[], total: number): void {
  const bad = outcomes.filter(({ broken: why }) => why.length > 0).length;
  say(`${outcomes.length} of ${total}, ${bad} broken`);
}

/** Lanes end in any order. */
function inOrder(outcomes: readonly Outcome[], everything: readonly Case[]): Outcome[] {
  const byName = new Map(outcomes.map((one) => [one.name, one]));
  return everything.flatMap(({ name }) => byName.get(name) ?? []);
}

function commandLine(args: readonly string[], verb: string): string {
  return ['vdibackup', ...(args[0] === verb || verb !== 'backup' ? [] : ['backup']), ...args].join(
    ' ',
  );
}

function conclude(outcomes: readonly Outcome[], everything: readonly Case[]): void {
  const bad = outcomes.filter(({ broken: why }) => why.length > 0);
  for (const { name, broken: why } of bad) say(`BROKEN ${name}: ${why.join('; ')}`);
  for (const { name, besideOthers, broken: why } of outcomes)
    if (besideOthers && why.length === 0)
      say(`held alone, but beside other runs: ${name}: ${besideOthers.join('; ')}`);
  const unmet = outcomes.filter(({ met }) => !met);
  for (const { name } of unmet) say(`never came: ${name}`);
  if (values.publish)
    writeFileSync(publication, page(inOrder(outcomes, everything), everything.length, commands));
  process.exitCode = bad.length === 0 && outcomes.length > 0 ? 0 : 1;
  say(`${outcomes.length - bad.length} passed, ${bad.length} failed`);
}
