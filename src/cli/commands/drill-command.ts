// `vdibackup drill`: words -> request -> job -> evidence on stdout and as JUnit, and the last line.

import { readFile } from 'node:fs/promises';
import type { DrillSummary } from '../../base/events.js';
import { asError, Failure } from '../../errors.js';
import type { DrillReport } from '../../job/drill/drill-report.js';
import type { Assertion, DrillRequest } from '../../job/drill/drill-request.js';
import { assertionOf, parseDrillScript } from '../../job/drill/drill-script.js';
import { junitXml } from '../files/junit-xml.js';
import { inputFiles } from '../files/side-file.js';
import { writeReport } from '../json-report.js';
import { junitFile, writeJunit } from '../junit-file.js';
import { connection } from '../options/connection-options.js';
import { type ReadingFlags, reading, sourcePaths } from '../options/restore-options.js';
import type { DrillCommandFlags } from '../program.js';
import type { Surroundings } from '../surroundings.js';
import { usageError } from '../usage-error.js';
import { checkStdin } from './restore-command.js';
import { prepareSpeech, type Speech } from './speech.js';

/** As commander leaves them: words, not yet values. */
export interface DrillFlags extends ReadingFlags {
  readonly assert?: readonly string[];
  readonly expect?: readonly string[];
  readonly assertFile?: string;
  readonly junit?: string;
}

export async function drillCommand(
  files: readonly string[],
  flags: DrillCommandFlags,
  around: Surroundings,
  speech: Speech,
): Promise<void> {
  speech.title = { verb: 'drill', files };
  const { target, login } = connection(flags, around);
  const rest = { ...reading(flags, around), files: sourcePaths(files) };
  const used = inputsOf(files, flags);
  const assertions = Object.freeze([...pairs(flags), ...(await script(flags))]);
  checkStdin(files, around);
  const junit =
    flags.junit === undefined ? undefined : await around.abort.race(junitFile(flags.junit, used));
  await prepareSpeech(flags, around, speech, [...used, ...(junit ? [junit.target] : [])]);
  const emit = speech.reporters.event.bind(speech.reporters);
  const settings = Object.freeze({ ...target, ...(await login(emit)) });
  const request: DrillRequest = Object.freeze({ ...rest, assertions, connection: settings });
  const drillJob = await around.loadDrillJob();
  around.abort.throwIfAborted();
  const result = await drillJob(request, around.abort, emit, around.speakOn);
  const { failure } = result;
  const report = around.redactor.scrubValue(result.report) as DrillReport;
  const lost = writeReport(around, report);
  const unwritten = junit && (await writeJunit(junit, junitXml(report)));
  const losses = [lost, unwritten].filter((loss) => loss !== undefined);
  // What the drill found is the cause, and its exit code the one that scripts wait for.
  const cause = failure ?? losses.shift();
  for (const { message } of losses) emit({ event: 'warning', code: 'evidence', message });
  if (cause) throw cause;
  speech.reporters.succeeded(summary(report), speech.title);
}

function inputsOf(files: readonly string[], { assertFile }: DrillFlags): readonly string[] {
  return assertFile === undefined ? inputFiles(files) : [...inputFiles(files), assertFile];
}

/** The nth --expect belongs to the nth --assert. */
function pairs({ assert = [], expect = [] }: DrillFlags): Assertion[] {
  if (assert.length !== expect.length)
    throw usageError(
      'assert-without-expect',
      `each --assert needs an --expect behind it: there are ${assert.length} and ${expect.length}`,
    );
  return assert.map((query, index) => assertionOf(query, expect[index] ?? ''));
}

async function script({ assertFile }: DrillFlags): Promise<readonly Assertion[]> {
  if (assertFile === undefined) return [];
  try {
    return parseDrillScript(await readFile(assertFile, 'utf8'), assertFile);
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown;
    throw usageError('assert-file', `cannot read --assert-file: ${asError(thrown).message}`);
  }
}

function summary(report: DrillReport): DrillSummary {
  const { files, restore, assertions } = report;
  const { rawBytes, storedBytes, elapsedMs } = restore;
  return { job: 'drill', files, rawBytes, storedBytes, elapsedMs, assertions: assertions.length };
}
