// The last thing a run says, for people who grep it and for machines: a stable interface (README).

import { formatByteSize } from '../../base/byte-size.ts';
import { formatDuration } from '../../base/duration.ts';
import type { BackupType, JobSummary } from '../../base/events.ts';
import { printable } from '../../base/printable.ts';
import type { ErrorReport } from './error-report.ts';
import { oneLine } from './output.ts';

/** What the run was about, as far as it is known. */
export type RunTitle = DatabaseTitle | FileTitle;

/** A run that only reads stored backups. */
export interface FileTitle {
  readonly verb: string;
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

/** `file=a,b`: blanks stay as they are; a line end in a name would make this two lines. */
export function fileWords(files: readonly string[]): string {
  return `file=${printable(files.join(','))}`;
}

/** `1.0 GiB -> 250.0 MiB`, in the direction in which the bytes went. */
export function sizeWords(from: number, to: number): string {
  return `${formatByteSize(from)} -> ${formatByteSize(to)}`;
}

/** `in 4m12s 1.55 GiB/s`, of raw bytes. */
export function timeWords(sizes: Pick<Sizes, 'rawBytes' | 'elapsedMs'>): string {
  return `in ${formatDuration(sizes.elapsedMs)} ${formatByteSize(bytesPerSecond(sizes))}/s`;
}

/** The last line of a run that read stored backups. */
export function okRead(summary: Sizes & JobSummary, { files }: FileTitle): string {
  const bytes = sizeWords(summary.storedBytes, summary.rawBytes);
  return `OK ${summary.job} ${bytes} ${timeWords(summary)} ${fileWords(files)}`;
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
  const { rawBytes, elapsedMs } = summary;
  if (rawBytes === undefined || elapsedMs === undefined)
    return { event: 'summary', exitCode: 0, ...summary };
  const rate = Math.round(bytesPerSecond({ rawBytes, elapsedMs }));
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

function bytesPerSecond({ rawBytes, elapsedMs }: Pick<Sizes, 'rawBytes' | 'elapsedMs'>): number {
  return elapsedMs > 0 ? (rawBytes * 1000) / elapsedMs : 0;
}
