// `vdibackup drill`, whole: its words, and words -> request -> job -> evidence on stdout and as JUnit, and the last line.

import type { Command } from 'commander';
import { asError, Failure } from '../../base/errors.ts';
import type { DrillReport } from '../../job/drill/drill-report.ts';
import type { Assertion, DrillRequest } from '../../job/drill/drill-request.ts';
import { assertionOf, parseDrillScript } from '../../job/drill/drill-script.ts';
import { lateness } from '../../job/files/last-steps.ts';
import { destinationIsStuck, unlessStuck } from '../../job/serving/stall-watch.ts';
import {
  type JunitFile,
  junitFile,
  removeJunit,
  withdrawJunit,
  writeJunit,
} from '../files/junit-file.ts';
import { junitXml } from '../files/junit-xml.ts';
import { inputFiles } from '../files/side-file.ts';
import { readSideInput } from '../files/side-input.ts';
import { connectionOptions } from '../options/connection-flags.ts';
import type { ConnectionFlags } from '../options/connection-options.ts';
import { connection } from '../options/connection-options.ts';
import { given, oneOf, stallTimeoutOrOff, wholeNumber } from '../options/option-values.ts';
import { type ReadingFlags, reading, sourcePaths } from '../options/restore-options.ts';
import type { SpeechFlags } from '../options/speech-flags.ts';
import { checkLibrary } from '../own-code.ts';
import { refuseClosedStdout, writeReport } from '../report/json-report.ts';
import { okRead } from '../report/result-line.ts';
import type { Surroundings } from '../surroundings.ts';
import { usageError } from '../usage-error.ts';
import { type Running, type Verb, verbCommand } from '../verb.ts';
import { collect, placementOptions, readingOptions, speechOptions } from './command-options.ts';
import { checkStdin } from './data-streams.ts';
import { prepareSpeech } from './speech.ts';

type DrillCommandFlags = DrillFlags & ConnectionFlags & SpeechFlags;

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

export const drillVerb: Verb = { declare, refused };

function declare(program: Command, running: Running): Command {
  const command = verbCommand(program, 'drill')
    .summary('prove that backups restore: restore, check, ask, drop')
    .description(
      'Restores backups under a throw-away name, runs DBCC CHECKDB and your assertions, and drops the\n' +
        'database, whatever happens. Evidence as JSON on stdout. Exit 10: restored, but wrong.',
    )
    .argument('<file...>', 'stored backups, as restore takes them')
    .action((files: string[], flags: DrillCommandFlags) => drill(files, flags, running));
  connectionOptions(command);
  command
    .optionsGroup('Drill:')
    .option('--assert <query>', 'its first value must be as the next --expect says', collect)
    .option('--expect <what>', "e.g. '> 1000', '= 42', 'between 1 and 9', 'not null'", collect)
    .option('--assert-file <file>', "queries separated by GO, each under '-- expect: ...'")
    .option('--junit <file>', 'also write the evidence as JUnit XML')
    .option('--checkdb <extent>', 'DBCC CHECKDB: full, physical (PHYSICAL_ONLY) or none', 'full')
    .option('--maxdop <n>', 'threads of DBCC CHECKDB (default: as the server is configured)');
  placementOptions(command);
  readingOptions(command);
  speechOptions(command);
  return command;
}

/** The file of its `--junit` must not hold the verdict of an earlier one. */
async function refused(command: Command, argv: readonly string[]): Promise<void> {
  const { junit } = command.opts<DrillFlags>();
  if (!junit) return;
  const others = argv.filter((word) => word !== junit && !word.startsWith('--junit'));
  await withdrawJunit(junit, others);
}

async function drill(
  files: readonly string[],
  flags: DrillCommandFlags,
  { around, speech }: Running,
): Promise<void> {
  const title = { verb: 'drill', files };
  speech.title = title;
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
  const { drillJob } = await around.load(() => import('../../job/drill/drill-job.ts'), 'library');
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
  await speech.reporters.succeeded(summary(report), title, (...run) => [okRead(...run)]);
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

/** The outcome of a drill that passed. */
interface DrillSummary {
  readonly job: 'drill';
  readonly files: readonly string[];
  readonly rawBytes: number;
  readonly storedBytes: number;
  /** Until the database was there. */
  readonly elapsedMs: number;
  readonly assertions: number;
}

function summary(report: DrillReport): DrillSummary {
  const { files, restore, assertions } = report;
  const { rawBytes, storedBytes, elapsedMs } = restore;
  return { job: 'drill', files, rawBytes, storedBytes, elapsedMs, assertions: assertions.length };
}
