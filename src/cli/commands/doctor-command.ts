// `vdibackup doctor`: words -> request -> job -> table or JSON on stdout, and the last line.

import { resolve } from 'node:path';
import type { DoctorSummary, Emit } from '../../base/events.js';
import type { FindingLevel } from '../../base/finding.js';
import { Failure } from '../../errors.js';
import type { DoctorReport, DoctorRequest } from '../../job/doctor/doctor-report.js';
import { writeReport, writeTable } from '../json-report.js';
import {
  type Connection,
  connection,
  definedOnly,
  type Login,
} from '../options/connection-options.js';
import { databaseName } from '../options/option-values.js';
import type { DoctorCommandFlags } from '../program.js';
import type { Surroundings } from '../surroundings.js';
import { usageError } from '../usage-error.js';
import { prepareSpeech, type Speech } from './speech.js';

/** As commander leaves them: words, not yet values. */
export interface DoctorFlags {
  readonly dest?: string;
  readonly assumeLocal?: true;
  readonly vdiLibrary?: string;
}

export async function doctorCommand(
  database: string | undefined,
  flags: DoctorCommandFlags,
  around: Surroundings,
  speech: Speech,
): Promise<void> {
  speech.title = { verb: 'doctor', files: [] };
  if (database !== undefined) databaseName(database);
  if (flags.dest === '') throw usageError('invalid-value', '--dest names no folder');
  const folder = flags.dest ?? (database === undefined ? undefined : '.');
  const { target, login } = connection(flags, around);
  await prepareSpeech({ ...flags, progress: 'none' }, around, speech, []);
  const emit = speech.reporters.event.bind(speech.reporters);
  const settings = Object.freeze({ ...target, ...(await loginIfAny(login, emit)) });
  const request: DoctorRequest = Object.freeze({
    connection: settings,
    assumeLocal: flags.assumeLocal ?? false,
    ...definedOnly({
      database,
      folder: folder === undefined ? undefined : resolve(folder),
      vdiLibrary: flags.vdiLibrary || around.env.VDIBACKUP_VDI_LIBRARY || undefined,
    }),
  });
  const doctorJob = await around.loadDoctorJob();
  around.abort.throwIfAborted();
  const told = await doctorJob(request, around.abort, emit, around.speakOn);
  const report = around.redactor.scrubValue(told) as DoctorReport;
  const lost = flags.json ? writeReport(around, report) : writeTable(around, await table(report));
  if (!report.healthy) throw problemsFailure(report);
  if (lost) throw lost;
  speech.reporters.succeeded(summary(report), speech.title);
}

async function table(report: DoctorReport): Promise<string> {
  return (await import('../report/doctor-table.js')).doctorTable(report);
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
  return new Failure(
    'environment',
    'problems-found',
    `${what}: ${first?.message ?? 'unknown'}${many}`,
    { hints },
  );
}
