// The last thing a run says, for people who grep it and for machines: a stable interface (README).

import { formatByteSize } from '../../base/byte-size.js';
import { formatDuration } from '../../base/duration.js';
import type {
  BackupSummary,
  BackupType,
  DoctorSummary,
  JobSummary,
  RestoreSummary,
} from '../../base/events.js';
import { printable } from '../../printable.js';
import type { ErrorReport } from './error-report.js';
import { oneLine } from './output.js';

/** What the run was about, as far as it is known. */
export type RunTitle = DatabaseTitle | FileTitle;

/** A run that only reads stored backups. */
export interface FileTitle {
  readonly verb: 'extract' | 'verify' | 'info' | 'drill' | 'doctor';
  /** In the words of the command line. */
  readonly files: readonly string[];
}

/** A run that works on a database. */
export interface DatabaseTitle {
  readonly database: string;
  readonly type: BackupType | 'restore';
  /** The files in the words of the command line, tokens replaced. */
  readonly files: readonly string[];
  readonly dryRun: boolean;
}

export function okLine(summary: JobSummary, title: RunTitle): string {
  // Blanks stay as they are; a line end in a name would make this two lines.
  const files = `file=${printable(title.files.join(','))}`;
  return 'job' in summary ? okRead(summary, files) : okBackup(summary, files);
}

function okRead(summary: Exclude<JobSummary, BackupSummary>, files: string): string {
  if (summary.job === 'info') return `OK info ${files}`;
  if (summary.job === 'doctor') return okDoctor(summary);
  if (summary.job === 'restore') return okRestore(summary, files);
  const bytes = `${formatByteSize(summary.storedBytes)} -> ${formatByteSize(summary.rawBytes)}`;
  const time = `in ${formatDuration(summary.elapsedMs)} ${formatByteSize(bytesPerSecond(summary))}/s`;
  const verdict = summary.job === 'verify' && summary.server ? ` server=${summary.server}` : '';
  return `OK ${summary.job} ${bytes} ${time} ${files}${verdict}`;
}

function okDoctor({ checks, ok, warnings, unknown }: DoctorSummary): string {
  return `OK doctor ${checks} checks: ${ok} ok, ${warnings} warnings, ${unknown} unknown`;
}

function okRestore(summary: RestoreSummary, files: string): string {
  const what = `OK ${oneLine(summary.database)} restore`;
  if (summary.dryRun) return `${what} dry run, nothing was touched ${files}`;
  const bytes = `${formatByteSize(summary.storedBytes)} -> ${formatByteSize(summary.rawBytes)}`;
  const time = `in ${formatDuration(summary.elapsedMs)} ${formatByteSize(bytesPerSecond(summary))}/s`;
  const state = summary.state === undefined ? '' : ` state=${summary.state}`;
  return `${what} ${bytes} ${time} ${files}${state}`;
}

function okBackup(summary: BackupSummary, files: string): string {
  const what = `OK ${oneLine(summary.database)} ${summary.type}`;
  if (summary.dryRun) return `${what} dry run, nothing was touched ${files}`;
  const bytes = `${formatByteSize(summary.rawBytes)} -> ${formatByteSize(summary.storedBytes)}`;
  const time = `in ${formatDuration(summary.elapsedMs)} ${formatByteSize(bytesPerSecond(summary))}/s`;
  return `${what} ${bytes} (${formatRatio(summary)}) ${time} ${files} set=${summary.setId}`;
}

export function failedLine(report: ErrorReport, title: RunTitle | undefined): string {
  const what = title ? ` ${titleWords(title)}` : '';
  return `FAILED${what}: ${report.message} (exit ${report.exitCode})`;
}

function titleWords(title: RunTitle): string {
  if ('verb' in title) return `${title.verb} ${title.files.map(oneLine).join(',')}`.trimEnd();
  return `${oneLine(title.database)} ${title.type}`;
}

export function summaryObject(summary: JobSummary): object {
  if ('job' in summary && (summary.job === 'info' || summary.job === 'doctor'))
    return { event: 'summary', exitCode: 0, ...summary };
  const rate = Math.round(bytesPerSecond(summary));
  return { event: 'summary', exitCode: 0, ...summary, bytesPerSecond: rate };
}

export function errorObject(report: ErrorReport, title: RunTitle | undefined): object {
  const { exitCode, code, message, hints, causes, stack } = report;
  return {
    event: 'error',
    exitCode,
    code,
    message,
    hints,
    causes,
    ...(title && titleFields(title)),
    ...(stack && { stack }),
  };
}

function titleFields(title: RunTitle): object {
  if ('verb' in title) return { job: title.verb, files: title.files };
  return { database: title.database, type: title.type };
}

interface Sizes {
  readonly rawBytes: number;
  readonly storedBytes: number;
  readonly elapsedMs: number;
}

/** How many times smaller the result is, e.g. `3.85x`. */
export function formatRatio({ rawBytes, storedBytes }: Sizes): string {
  return storedBytes > 0 ? `${(rawBytes / storedBytes).toFixed(2)}x` : '-';
}

function bytesPerSecond({ rawBytes, elapsedMs }: Sizes): number {
  return elapsedMs > 0 ? (rawBytes * 1000) / elapsedMs : 0;
}
