// The last thing a run says, for people who grep it and for machines: a stable interface (README).

import { resolve } from 'node:path';
import { formatByteSize } from '../../base/byte-size.ts';
import { formatDuration } from '../../base/duration.ts';
import { unreachable } from '../../base/errors.ts';
import type {
  BackupSummary,
  BackupType,
  DoctorSummary,
  DrillSummary,
  ExtractSummary,
  FinishSummary,
  JobSummary,
  RestoreSummary,
  VerifySummary,
} from '../../base/events.ts';
import { printable } from '../../base/printable.ts';
import type { ErrorReport } from './error-report.ts';
import { oneLine } from './output.ts';

/** What the run was about, as far as it is known. */
export type RunTitle = DatabaseTitle | FileTitle;

/** A run that only reads stored backups. */
interface FileTitle {
  readonly verb: 'extract' | 'verify' | 'info' | 'drill' | 'doctor' | 'finish';
  /** In the words of the command line. */
  readonly files: readonly string[];
}

/** A run that works on a database. */
export interface DatabaseTitle {
  readonly database: string;
  readonly type: BackupType | 'restore';
  /** The files in the words of the command line, tokens replaced. */
  readonly files: readonly string[];
  /** The same for a database with a twin; the summary says which they are. */
  readonly twinFiles?: readonly string[];
  readonly dryRun: boolean;
}

export function okLine(summary: JobSummary, title: RunTitle): string {
  // Blanks stay as they are; a line end in a name would make this two lines.
  const files = `file=${printable(filesOf(summary, title).join(','))}`;
  switch (summary.job) {
    case 'backup':
      return okBackup(summary, files);
    case 'restore':
      return okRestore(summary, files);
    case 'finish':
      return okFinish(summary, files);
    case 'doctor':
      return okDoctor(summary);
    case 'info':
      return `OK info ${files}`;
    case 'verify':
      return `${okRead(summary, files)}${verifyVerdict(summary)}`;
    case 'extract':
    case 'drill':
      return okRead(summary, files);
    default:
      return unreachable(summary);
  }
}

/** Of a restore only those that it restored. */
function filesOf(summary: JobSummary, title: RunTitle): readonly string[] {
  const { files } = title;
  if (summary.job === 'backup') return writtenFiles(summary, title);
  if (summary.job !== 'restore' || files.length === 1) return files;
  return files.filter((file) => summary.files.includes(resolve(file)));
}

function writtenFiles({ files: written }: BackupSummary, title: RunTitle): readonly string[] {
  const twins = 'twinFiles' in title ? (title.twinFiles ?? []) : [];
  return twins[0] !== undefined && written[0]?.path === resolve(twins[0]) ? twins : title.files;
}

function okRead(summary: ExtractSummary | VerifySummary | DrillSummary, files: string): string {
  const bytes = `${formatByteSize(summary.storedBytes)} -> ${formatByteSize(summary.rawBytes)}`;
  const time = `in ${formatDuration(summary.elapsedMs)} ${formatByteSize(bytesPerSecond(summary))}/s`;
  return `OK ${summary.job} ${bytes} ${time} ${files}`;
}

function verifyVerdict({ unchecked, server }: VerifySummary): string {
  const unknown = unchecked === undefined ? '' : ` unchecked=${unchecked}`;
  return server === undefined ? unknown : `${unknown} server=${server}`;
}

function okDoctor({ checks, ok, warnings, unknown }: DoctorSummary): string {
  return `OK doctor ${checks} checks: ${ok} ok, ${warnings} warnings, ${unknown} unknown`;
}

function okFinish(summary: FinishSummary, files: string): string {
  const { database, type, rawBytes, storedBytes, setId } = summary;
  const bytes = `${formatByteSize(rawBytes)} -> ${formatByteSize(storedBytes)}`;
  return `OK ${oneLine(database)} ${type} ${bytes} (${formatRatio(summary)}) finished ${files} set=${setId}`;
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

/** An event as `--json` writes it, without its time. */
export interface JsonEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

export function summaryObject(summary: JobSummary): JsonEvent {
  if (!('elapsedMs' in summary)) return { event: 'summary', exitCode: 0, ...summary };
  const rate = Math.round(bytesPerSecond(summary));
  return { event: 'summary', exitCode: 0, ...summary, bytesPerSecond: rate };
}

export function errorObject(report: ErrorReport, title: RunTitle | undefined): JsonEvent {
  const { exitCode, code, message, hints, causes, data, stack } = report;
  return {
    event: 'error',
    exitCode,
    code,
    message,
    hints,
    causes,
    ...(title && titleFields(title)),
    ...data,
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
export function formatRatio({
  rawBytes,
  storedBytes,
}: Pick<Sizes, 'rawBytes' | 'storedBytes'>): string {
  return storedBytes > 0 ? `${(rawBytes / storedBytes).toFixed(2)}x` : '-';
}

function bytesPerSecond({ rawBytes, elapsedMs }: Sizes): number {
  return elapsedMs > 0 ? (rawBytes * 1000) / elapsedMs : 0;
}
