import type { Abort } from '../base/abort.ts';
import type {
  BackupSummary,
  Emit,
  ExtractSummary,
  FinishSummary,
  RestoreSummary,
} from '../base/events.ts';
import type { DoctorReport, DoctorRequest } from '../job/doctor/doctor-report.ts';
import type { DrillResult } from '../job/drill/drill-job.ts';
import type { DrillRequest } from '../job/drill/drill-request.ts';
import type { ExtractRequest } from '../job/extract/extract-request.ts';
import type { FinishRequest } from '../job/finish/finish-request.ts';
import type { InfoReport } from '../job/info/info-report.ts';
import type { BackupRequest } from '../job/request/backup-request.ts';
import type { RestoreRequest } from '../job/request/restore-request.ts';
import type { ServerVerifyResult } from '../job/verify/server-verify-job.ts';
import type { ServerVerifyRequest } from '../job/verify/server-verify-request.ts';
import type { VerifyReport, VerifyRequest } from '../job/verify/verify-report.ts';
import type { Output } from './report/output.ts';
import type { Redactor } from './secrets/redact.ts';

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
  /** It was closed (`>&-`) when the process began. */
  readonly stdoutIsClosed: boolean;
  /** False when not all of it could be written, for whatever reason: its reader stands still, or the run is aborted. */
  readonly writeOut: (text: string) => Promise<boolean>;
  readonly output: Output;
  readonly redactor: Redactor;
  /** Lets other users of the machine see these words as the command line, where the system can. */
  readonly showCommandLine: (words: readonly string[]) => void;
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
  readonly loadFinishJob: () => Promise<FinishJob>;
  readonly loadInfoJob: () => Promise<InfoJob>;
  readonly loadDoctorJob: () => Promise<DoctorJob>;
}

type RestoreJob = (
  request: RestoreRequest,
  abort: Abort,
  emit: Emit,
  speakOn: (stderr: number, stdout: number) => void,
) => Promise<RestoreSummary>;

type DrillJob = (
  request: DrillRequest,
  abort: Abort,
  emit: Emit,
  speakOn: (stderr: number, stdout: number) => void,
) => Promise<DrillResult>;

type ExtractJob = (request: ExtractRequest, abort: Abort, emit: Emit) => Promise<ExtractSummary>;

type FinishJob = (request: FinishRequest, abort: Abort, emit: Emit) => Promise<FinishSummary>;

type VerifyJob = (request: VerifyRequest, abort: Abort, emit: Emit) => Promise<VerifyReport>;

type ServerVerifyJob = (
  request: ServerVerifyRequest,
  abort: Abort,
  emit: Emit,
  speakOn: (stderr: number, stdout: number) => void,
) => Promise<ServerVerifyResult>;

type InfoJob = (files: readonly string[], abort: Abort) => Promise<InfoReport>;

type DoctorJob = (
  request: DoctorRequest,
  abort: Abort,
  emit: Emit,
  speakOn: (stderr: number, stdout: number) => void,
) => Promise<DoctorReport>;

type BackupJob = (
  request: BackupRequest,
  abort: Abort,
  emit: Emit,
  speakOn: (descriptor: number) => void,
) => Promise<BackupSummary>;
