// npm run fuzz -- [--seconds N] [target...]: looks for inputs that the readers do not survive, led by coverage.
// npm run fuzz -- --replay FILE [target]: runs one input again. The last line is `N passed, N failed`.

import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzzPrograms } from './program-run.ts';
import { type Outcome, Session } from './session.ts';
import { loadTarget, type TargetName, targetNames } from './target-list.ts';

const defaultSeconds = 60;
/** Not a target of the fuzzer: the program itself, as processes of its own. */
const programs = 'programs';
/** Under the fuzzer's instrumentation one of its inputs can take longer than the judge waits, on a machine that is busy. */
const onlyByName: ReadonlySet<TargetName> = new Set(['commands']);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function isTarget(name: string): name is TargetName {
  return targetNames.some((one) => one === name);
}

function chosen(names: readonly string[]): readonly TargetName[] {
  const unknown = names.find((name) => !isTarget(name));
  if (unknown !== undefined)
    throw new Error(`no target is named ${unknown}; there are: ${targetNames.join(', ')}`);
  return names.length === 0
    ? targetNames.filter((name) => !onlyByName.has(name))
    : names.filter(isTarget);
}

/** Findings are files named after their target. */
function targetOf(file: string, name: string | undefined): TargetName {
  const found = name ?? targetNames.find((one) => basename(file).startsWith(`${one}-`));
  const [target] = chosen(found === undefined ? ['?'] : [found]);
  return target as TargetName;
}

async function replay(file: string, name: string | undefined): Promise<number> {
  const target = targetOf(file, name);
  const bytes = await readFile(file);
  try {
    await (await loadTarget(target))(bytes);
    say(`${target} takes ${file}`);
    return 0;
  } catch (thrown) {
    say(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
    return 1;
  }
}

function report({ target, seconds, before, after, finding }: Outcome): void {
  const verdict = finding === undefined ? 'ok    ' : 'FAILED';
  const runs = `${String(after.runs).padStart(8)} runs in ${seconds} s`;
  const edges = `edges ${before.edges} -> ${after.edges}`;
  const inputs = `inputs ${before.inputs} -> ${after.inputs}`;
  say(`${verdict} ${target.padEnd(16)} ${runs}, ${edges}, ${inputs}, ${after.memoryMiB} MiB`);
  if (finding === undefined) return;
  say(finding.words);
  if (finding.file !== undefined) say(`replay it: npm run fuzz -- --replay ${finding.file}`);
}

async function fuzz(names: readonly string[], seconds: number): Promise<number> {
  const targets = names.filter((name) => name !== programs);
  const wanted = targets.length < names.length && targets.length === 0 ? [] : chosen(targets);
  const withPrograms = names.length === 0 || targets.length < names.length;
  const session = new Session(join('build', 'fuzz'));
  const parts = wanted.length + (withPrograms ? 1 : 0);
  const each = Math.max(1, Math.floor(seconds / parts));
  let failed = 0;
  for (const target of wanted) {
    const outcome = await session.run(target, each);
    report(outcome);
    if (outcome.finding !== undefined) failed += 1;
  }
  if (withPrograms && !(await fuzzPrograms(join('build', 'fuzz', 'findings'), each, say)))
    failed += 1;
  say(`${parts - failed} passed, ${failed} failed`);
  return failed;
}

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: 'string', default: String(defaultSeconds) },
    replay: { type: 'string' },
  },
  allowPositionals: true,
});
try {
  const seconds = Number(values.seconds);
  if (!Number.isSafeInteger(seconds) || seconds < 1)
    throw new Error('--seconds wants a whole number');
  const failed =
    values.replay === undefined
      ? await fuzz(positionals, seconds)
      : await replay(values.replay, positionals[0]);
  process.exitCode = failed === 0 ? 0 : 1;
} catch (thrown) {
  say(`fuzz: ${(thrown as Error).message}`);
  say('0 passed, 1 failed');
  process.exitCode = 1;
}
