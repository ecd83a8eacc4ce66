// The story of one verification: every file from the first byte to the last, then the sets they make.

import { stat } from 'node:fs/promises';
import type { StoredBackup } from '../../archive/reader/stored-archive.ts';
import type { Abort } from '../../base/abort.ts';
import { formatByteSize } from '../../base/byte-size.ts';
import { Failure } from '../../base/errors.ts';
import type { Emit } from '../../base/events.ts';
import { ReadPipeline } from '../../pipeline/decompress/read-pipeline.ts';
import { JobProgress, type Part, wholeJob } from '../serving/job-progress.ts';
import { sourceIsStuck, unstalled } from '../serving/stall-watch.ts';
import { checkStripeSets } from '../sets/stripe-set.ts';
import { unreadFile, type VerifyTools, verifyFile, verifyOpened } from './verify-file.ts';
import {
  type VerifiedFile,
  type VerifyReport,
  type VerifyRequest,
  worstVerdict,
} from './verify-report.ts';

/** Damage is in the report; throws only what kept it from being made. */
export async function verifyJob(
  request: VerifyRequest,
  abort: Abort,
  emit: Emit,
): Promise<VerifyReport> {
  return verifyFiles(request, abort, emit);
}

/** The same as a part of another job, which says itself that it aborts. */
export async function verifyFiles(
  request: VerifyRequest,
  abort: Abort,
  emit: Emit,
  part = wholeJob,
): Promise<VerifyReport> {
  const subjects = request.files.map((file) => ({
    file,
    verify: (tools: VerifyTools) =>
      verifyFile(file, tools).catch((thrown) => unread(file, thrown, request, emit)),
  }));
  const { files, threads } = request;
  return verifyEach(subjects, { size: bytesOf(files), threads, part }, abort, emit);
}

/** The same of backups that are open, and stay so: what is read later is what was verified. */
export function verifyBackups(
  backups: readonly StoredBackup[],
  threads: number,
  abort: Abort,
  emit: Emit,
  part: Part,
): Promise<VerifyReport> {
  const subjects = backups.map((backup) => ({
    file: backup.source.name,
    verify: (tools: VerifyTools) => verifyOpened(backup, tools),
  }));
  const total = backups.reduce((sum, { source }) => sum + source.bytes, 0);
  return verifyEach(subjects, { size: Promise.resolve(total), threads, part }, abort, emit);
}

interface Reading {
  readonly stallTimeout: number;
  readonly abort: Abort;
  readonly emit: Emit;
}

/** A verification that a job waits for. A source that hangs raises `stalled` (exit 12). */
export async function unlessStalled(
  { stallTimeout, abort, emit }: Reading,
  verify: (emit: Emit) => Promise<VerifyReport>,
): Promise<VerifyReport> {
  let moved = 0;
  const reading = verify((event) => {
    if (event.event === 'progress') moved = event.rawBytes;
    emit(event);
  });
  const gauges = { moved: () => moved, side: () => sourceIsStuck };
  return unstalled(reading, stallTimeout, gauges, abort);
}

interface Subject {
  readonly file: string;
  verify(tools: VerifyTools): Promise<VerifiedFile>;
}

interface Verification {
  /** Stored bytes of all subjects. */
  readonly size: Promise<number>;
  readonly threads: number;
  readonly part: Part;
}

async function verifyEach(
  subjects: readonly Subject[],
  { size, threads, part }: Verification,
  abort: Abort,
  emit: Emit,
): Promise<VerifyReport> {
  const progress = new JobProgress(emit, 'reading');
  progress.begin(part);
  const counters = { rawBytes: 0, storedBytes: 0 };
  const pipeline = new ReadPipeline(threads);
  progress.watch(counters);
  try {
    const total = await abort.race(size);
    const files: VerifiedFile[] = [];
    for (const { file, verify } of subjects) {
      abort.throwIfAborted();
      const before = counters.storedBytes;
      const verified = await verify({
        pipeline,
        abort,
        onDamage: (damage) => emit({ event: 'damage', file, ...damage }),
        onWarning: (code, message, hint) =>
          emit({ event: 'warning', code, message, ...(hint !== undefined && { hint }) }),
        onProgress: (rawBytes, storedEnd) => {
          counters.rawBytes += rawBytes;
          counters.storedBytes = before + storedEnd;
          progress.heard(Math.min(100, (100 * counters.storedBytes) / total));
        },
      });
      counters.storedBytes = before + verified.storedBytes;
      if (!verified.unread) emit(verifiedEvent(verified));
      files.push(verified);
    }
    progress.heard(100);
    progress.say();
    return report(files, emit, progress.elapsedMs);
  } catch (thrown) {
    throw abort.cause ?? thrown;
  } finally {
    progress.stop();
    void pipeline.close();
  }
}

/** Of all files together; one that cannot be read counts as none, and is a finding later. */
async function bytesOf(files: readonly string[]): Promise<number> {
  const sizes = files.map((file) =>
    stat(file).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** One of several files that cannot be read does not keep the others from being verified; anything else is thrown. */
function unread(file: string, thrown: unknown, { files }: VerifyRequest, emit: Emit): VerifiedFile {
  if (files.length === 1 || !(thrown instanceof Failure) || thrown.kind !== 'io') throw thrown;
  const { code, message, hints } = thrown;
  emit({ event: 'warning', code, message, ...(hints[0] !== undefined && { hint: hints[0] }) });
  return unreadFile(file, thrown);
}

function report(files: readonly VerifiedFile[], emit: Emit, elapsedMs: number): VerifyReport {
  // A file that was not read may be the stripe that is missing.
  const isAllRead = !files.some((file) => file.unread);
  // A medium of one stripe is whole by itself, however often it is named.
  const places = files.flatMap(({ stripe }) =>
    stripe && stripe.stripes > 1 && isAllRead ? [stripe] : [],
  );
  const sets = checkStripeSets(places);
  for (const damage of sets) emit({ event: 'damage', file: '', ...damage });
  const broken = sets.length > 0 ? (['incomplete'] as const) : [];
  const verdict = worstVerdict([...files.map((file) => file.verdict), ...broken]);
  return {
    verdict,
    good: verdict === 'good',
    files,
    sets,
    rawBytes: files.reduce((sum, { rawBytes }) => sum + rawBytes, 0),
    storedBytes: files.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
    elapsedMs,
  };
}

function verifiedEvent(verified: VerifiedFile) {
  const { file, verdict, good } = verified;
  return { event: 'verified', file, verdict, good, lines: lines(verified) } as const;
}

/** What was looked at, for a person. */
function lines(file: VerifiedFile): string[] {
  const { form, rawBytes, frames, pages, backupChecksums, records, goodRawBytes } = file;
  const { verdict, unchecked } = file;
  if (form === undefined) return [];
  return [
    `${forms[form]}, ${formatByteSize(rawBytes)} of native backup`,
    ...(frames ? [`${frames.checked} frames${bad(frames.bad)}`] : []),
    ...(records ? [`${records.checked} compressed records${bad(records.bad)}`] : []),
    ...(backupChecksums
      ? [`${backupChecksums.checked} backup checksums${bad(backupChecksums.bad)}`]
      : []),
    ...(pages
      ? [`${pages.checked} page checksums${bad(pages.bad)}; ${pages.unchecked} pages have none`]
      : []),
    ...(unchecked === undefined ? [] : [`not checked: ${unchecked}`]),
    ...(verdict === 'damaged' ? [`good from the start: ${formatByteSize(goodRawBytes)}`] : []),
  ];
}

const forms = {
  archive: 'archive of vdibackup',
  zstd: 'zstd file',
  mtf: 'native backup',
  mssqlbak: 'native backup, compressed by SQL Server',
} as const;

function bad(count: number): string {
  return count === 0 ? '' : `, ${count} BAD`;
}
