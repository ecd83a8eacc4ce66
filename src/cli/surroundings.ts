import type { Abort } from '../base/abort.js';
import type { BackupSummary, Emit, ExtractSummary, RestoreSummary } from '../base/events.js';
import type { DoctorReport, DoctorRequest } from '../job/doctor/doctor-report.js';
import type { DrillResult } from '../job/drill/drill-job.js';
import type { DrillRequest } from '../job/drill/drill-request.js';
import type { ExtractRequest } from '../job/extract/extract-request.js';
import type { InfoReport } from '../job/info/info-report.js';
import type { BackupRequest } from '../job/request/backup-request.js';
import type { RestoreRequest } from '../job/request/restore-request.js';
import type { ServerVerifyResult } from '../job/verify/server-verify-job.js';
import type { ServerVerifyRequest } from '../job/verify/server-verify-request.js';
import type { VerifyReport, VerifyRequest } from '../job/verify/verify-report.js';
import type { Output } from './report/output.js';
import type { Redactor } from './secrets/redact.js';

/** What a run finds around it: main.ts takes it from the process, tests make it up. */
export interface Surroundings {
  /** Without the program's own two words. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly hostName: string;
  readonly cpus: number;
  readonly stdinIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** Width of the terminal on stderr. */
  readonly columns: () => number;
  /** Date.now */
  readonly now: () => number;
  /** False when not all of it could be written. */
  readonly writeOut: (text: string) => boolean;
  readonly output: Output;
  readonly redactor: Redactor;
  readonly abort: Abort;
  /** Asks a person for a password; undefined when there is no terminal to ask at. */
  readonly askPassword: ((question: string) => Promise<string>) | undefined;
  /** From now on standard error, and standard output, are reached through these descriptors. */
  readonly speakOn: (stderr: number, stdout?: number) => void;
  /** Path of the program that started this one, where it matters (Windows) and can be told. */
  readonly parentProgram: () => Promise<string | undefined>;
  readonly loadBackupJob: () => Promise<BackupJob>;
  readonly loadRestoreJob: () => Promise<RestoreJob>;
  readonly loadDrillJob: () => Promise<DrillJob>;
  readonly loadExtractJob: () => Promise<ExtractJob>;
  readonly loadVerifyJob: () => Promise<VerifyJob>;
  readonly loadServerVerifyJob: () => Promise<ServerVerifyJob>;
  readonly loadInfoJob: () => Promise<InfoJob>;
  readonly loadDoctorJob: () => Promise<DoctorJob>;
}

export type RestoreJob = (
  request: RestoreRequest,
  abort: Abort,
  emit: Emit,
  speakOn: (stderr: number, stdout: number) => void,
) => Promise<RestoreSummary>;

export type DrillJob = (
  request: DrillRequest,
  abort: Abort,
  emit: Emit,
  speakOn: (stderr: number, stdout: number) => void,
) => Promise<DrillResult>;

export type ExtractJob = (
  request: ExtractRequest,
  abort: Abort,
  emit: Emit,
) => Promise<ExtractSummary>;

export type VerifyJob = (request: VerifyRequest, abort: Abort, emit: Emit) => Promise<VerifyReport>;

export type ServerVerifyJob = (
  request: ServerVerifyRequest,
  abort: Abort,
  emit: Emit,
  speakOn: (stderr: number, stdout: number) => void,
) => Promise<ServerVerifyResult>;

export type InfoJob = (files: readonly string[], abort: Abort) => Promise<InfoReport>;

export type DoctorJob = (
  request: DoctorRequest,
  abort: Abort,
  emit: Emit,
  speakOn: (stderr: number, stdout: number) => void,
) => Promise<DoctorReport>;

export type BackupJob = (
  request: BackupRequest,
  abort: Abort,
  emit: Emit,
  speakOn: (descriptor: number) => void,
) => Promise<BackupSummary>;
