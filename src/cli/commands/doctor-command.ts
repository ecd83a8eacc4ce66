// `vdibackup doctor`, whole: its words, and words -> request -> job -> table or JSON on stdout, and the last line.

import type { Command } from 'commander';
import { Failure } from '../../base/errors.ts';
import type { Emit } from '../../base/events.ts';
import type { FindingLevel } from '../../base/finding.ts';
import type { DoctorReport, DoctorRequest } from '../../job/doctor/doctor-report.ts';
import { connectionOptions } from '../options/connection-flags.ts';
import type { ConnectionFlags } from '../options/connection-options.ts';
import { type Connection, connection, type Login } from '../options/connection-options.ts';
import { definedOnly } from '../options/defined-only.ts';
import { localPath } from '../options/local-path.ts';
import { databaseName } from '../options/option-values.ts';
import type { SpeechFlags } from '../options/speech-flags.ts';
import { refuseClosedStdout, writeReport, writeTable } from '../report/json-report.ts';
import { usageError } from '../usage-error.ts';
import { type Running, type Verb, verbCommand } from '../verb.ts';
import { speechOptions } from './command-options.ts';
import { prepareOutput } from './speech.ts';

type DoctorCommandFlags = DoctorFlags & ConnectionFlags & SpeechFlags;

/** As commander leaves them: words, not yet values. */
interface DoctorFlags {
  readonly dest?: string;
  readonly assumeLocal?: true;
  readonly vdiLibrary?: string;
}

export const doctorVerb: Verb = { declare };

function declare(program: Command, running: Running): Command {
  const command = verbCommand(program, 'doctor')
    .summary('check everything a backup needs on this machine')
    .description(
      'Checks everything a backup needs on this machine, changes nothing, and prints\n' +
        'what fixes each finding. Exit 0, or 5 with any problem. --json: one object on\n' +
        'stdout.',
    )
    .argument('[database]', 'also this one: its state, and room for its backups')
    .action((database: string | undefined, flags: DoctorCommandFlags) =>
      doctor(database, flags, running),
    );
  connectionOptions(command);
  command
    .optionsGroup('Doctor:')
    .option('--dest <folder>', 'where backups shall go (with a database: here)');
  speechOptions(command);
  return command;
}

async function doctor(
  database: string | undefined,
  flags: DoctorCommandFlags,
  { around, speech }: Running,
): Promise<void> {
  const title = { verb: 'doctor', files: [] };
  speech.title = title;
  refuseClosedStdout(around);
  const named = database === undefined ? undefined : databaseName(database);
  if (flags.dest === '') throw usageError('invalid-value', '--dest names no folder');
  const folder = flags.dest ?? (database === undefined ? undefined : '.');
  const { target, login } = connection(flags, around);
  await prepareOutput({ ...flags, progress: 'none' }, around, speech, []);
  const emit = speech.reporters.event.bind(speech.reporters);
  const settings = Object.freeze({ ...target, ...(await loginIfAny(login, emit)) });
  const request: DoctorRequest = Object.freeze({
    connection: settings,
    assumeLocal: flags.assumeLocal ?? false,
    allowWritableProgram: flags.allowWritableProgram ?? false,
    ...definedOnly({
      database: named,
      folder: folder === undefined ? undefined : localPath(folder, around.platform),
      vdiLibrary: flags.vdiLibrary || around.env.VDIBACKUP_VDI_LIBRARY || undefined,
    }),
  });
  const { doctorJob } = await around.load(
    () => import('../../job/doctor/doctor-job.ts'),
    'library',
  );
  const told = await doctorJob(request, around.abort, emit, around.speakOn);
  const report = around.redactor.scrubValue(told);
  const lost = await (flags.json
    ? writeReport(around, report)
    : writeTable(around, await table(report)));
  if (!report.healthy) throw problemsFailure(report);
  if (lost) throw lost;
  await speech.reporters.succeeded(summary(report), title, (found) => [okLine(found)]);
}

async function table(report: DoctorReport): Promise<string> {
  return (await import('../report/doctor-table.ts')).doctorTable(report);
}

/** Nobody to log in as is a finding like any other; all that needs no login is looked at. */
async function loginIfAny(login: Connection['login'], emit: Emit): Promise<Login> {
  try {
    return await login(emit);
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === 'no-login') return { integrated: false };
    throw thrown;
  }
}

/** The outcome of an examination that found no problem. */
interface DoctorSummary {
  readonly job: 'doctor';
  readonly checks: number;
  readonly ok: number;
  readonly warnings: number;
  readonly unknown: number;
}

function summary({ findings }: DoctorReport): DoctorSummary {
  const count = (wanted: FindingLevel) => findings.filter(({ level }) => level === wanted).length;
  return {
    job: 'doctor',
    checks: findings.length,
    ok: count('ok'),
    warnings: count('warning'),
    unknown: count('unknown'),
  };
}

/** The first problem stands for all. */
function problemsFailure({ findings }: DoctorReport): Failure {
  const problems = findings.filter(({ level }) => level === 'problem');
  const many = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  const what = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  const [first] = problems;
  const hints = first?.fix === undefined ? [] : [`Fix it: ${first.fix}`];
  return new Failure('problems-found', `${what}: ${first?.message ?? 'unknown'}${many}`, { hints });
}

function okLine({ checks, ok, warnings, unknown }: DoctorSummary): string {
  return `OK doctor ${checks} checks: ${ok} ok, ${warnings} warnings, ${unknown} unknown`;
}
