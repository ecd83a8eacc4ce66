// `vdibackup drill`: words -> request -> job -> evidence on stdout and as JUnit, and the last line.

import { asError, Failure } from '../../base/errors.ts';
import type { DrillSummary } from '../../base/events.ts';
import type { DrillReport } from '../../job/drill/drill-report.ts';
import type { Assertion, DrillRequest } from '../../job/drill/drill-request.ts';
import { assertionOf, parseDrillScript } from '../../job/drill/drill-script.ts';
import { lateness } from '../../job/files/last-steps.ts';
import { destinationIsStuck, unlessStuck } from '../../job/serving/stall-watch.ts';
import { type JunitFile, junitFile, removeJunit, writeJunit } from '../files/junit-file.ts';
import { junitXml } from '../files/junit-xml.ts';
import { inputFiles } from '../files/side-file.ts';
import { readSideInput } from '../files/side-input.ts';
import type { ConnectionFlags } from '../options/connection-options.ts';
import { connection } from '../options/connection-options.ts';
import { given, oneOf, stallTimeoutOrOff, wholeNumber } from '../options/option-values.ts';
import { type ReadingFlags, reading, sourcePaths } from '../options/restore-options.ts';
import type { SpeechFlags } from '../options/speech-flags.ts';
import { checkLibrary } from '../own-code.ts';
import { refuseClosedStdout, writeReport } from '../report/json-report.ts';
import type { Surroundings } from '../surroundings.ts';
import { usageError } from '../usage-error.ts';
import { checkStdin } from './data-streams.ts';
import { prepareSpeech, type Speech } from './speech.ts';

export type DrillCommandFlags = DrillFlags & ConnectionFlags & SpeechFlags;

/** Bytes of `--assert-file`: no script that a person wrote is longer, and another file named by mistake may be. */
const maxScriptBytes = 1024 * 1024;

/** The largest `max degree of parallelism` (sp_configure). */
const maxMaxdop = 32_767;

/** As commander leaves them: words, not yet values. */
interface DrillFlags extends ReadingFlags {
  readonly assert?: readonly string[];
  readonly expect?: readonly string[];
  readonly assertFile?: string;
  readonly junit?: string;
  readonly checkdb?: string;
  readonly maxdop?: string;
}

export async function drillCommand(
  files: readonly string[],
  flags: DrillCommandFlags,
  around: Surroundings,
  speech: Speech,
): Promise<void> {
  speech.title = { verb: 'drill', files };
  const used = inputsOf(files, flags);
  const junit =
    flags.junit === undefined ? undefined : await cleared(flags.junit, flags, around, used);
  refuseClosedStdout(around);
  const { target, login } = connection(flags, around);
  const rest = {
    ...reading(flags, around),
    ...consistency(flags),
    files: sourcePaths(files, around.platform),
  };
  const assertions = Object.freeze([...pairs(flags), ...(await script(flags, around))]);
  checkStdin(files, around);
  await prepareSpeech(flags, around, speech, [...used, ...(junit ? [junit.target] : [])]);
  const emit = speech.reporters.event.bind(speech.reporters);
  const settings = Object.freeze({ ...target, ...(await login(emit)) });
  const request: DrillRequest = Object.freeze({ ...rest, assertions, connection: settings });
  await checkLibrary(flags, request, around.abort);
  const drillJob = await around.loadDrillJob();
  around.abort.throwIfAborted();
  const result = await drillJob(request, around.abort, emit, around.speakOn);
  const { failure } = result;
  const report = around.redactor.scrubValue(result.report);
  const lost = await writeReport(around, report);
  const { late, end } = lateness(request.stallTimeout, around.abort);
  const unwritten = junit && (await writeJunit(junit, junitXml(report), late, emit));
  end();
  const losses = [lost, unwritten].filter((loss) => loss !== undefined);
  // What the drill found is the cause, and its exit code the one that scripts wait for.
  const cause = failure ?? losses.shift();
  for (const { message } of losses) emit({ event: 'warning', code: 'evidence', message });
  if (cause) throw cause;
  await speech.reporters.succeeded(summary(report), speech.title);
}

/** Where the evidence goes, without that of an earlier drill; a file system that hangs is a stall. */
function cleared(
  junit: string,
  { stallTimeout }: DrillFlags,
  { abort }: Surroundings,
  used: readonly string[],
): Promise<JunitFile> {
  const clearing = junitFile(junit, used).then(async (file) => {
    await removeJunit(file);
    return file;
  });
  // A duration that is none is refused later: first the old verdict goes.
  return unlessStuck(clearing, stallTimeoutOrOff(stallTimeout), destinationIsStuck, abort);
}

function inputsOf(files: readonly string[], { assertFile }: DrillFlags): readonly string[] {
  return assertFile === undefined ? inputFiles(files) : [...inputFiles(files), assertFile];
}

const extents = ['full', 'physical', 'none'] as const;

/** Which check the database shall pass. */
function consistency({ checkdb = 'full', maxdop }: DrillFlags): Pick<DrillRequest, 'checkdb'> {
  const extent = oneOf('--checkdb', checkdb, extents);
  const threads = given(maxdop, (text) => wholeNumber('--maxdop', text, 0, maxMaxdop));
  if (extent === 'none' && threads !== undefined)
    throw usageError('conflict', '--maxdop is for DBCC CHECKDB, which --checkdb none leaves out');
  return extent === 'none' ? {} : { checkdb: Object.freeze({ extent, maxdop: threads }) };
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

async function script(
  { assertFile }: DrillFlags,
  { abort }: Surroundings,
): Promise<readonly Assertion[]> {
  if (assertFile === undefined) return [];
  try {
    const { bytes } = await readSideInput(assertFile, maxScriptBytes + 1, abort);
    if (bytes.length > maxScriptBytes) throw new Error(`more than ${maxScriptBytes} bytes`);
    return parseDrillScript(bytes.toString('utf8'), assertFile);
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
