// The story of one verification: every file from the first byte to the last, then the sets they make.

import { stat } from 'node:fs/promises';
import type { Abort } from '../../base/abort.js';
import { formatByteSize } from '../../base/byte-size.js';
import type { Emit } from '../../base/events.js';
import { Failure } from '../../errors.js';
import { ReadPipeline } from '../../pipeline/decompress/read-pipeline.js';
import { JobProgress } from '../serving/job-progress.js';
import { checkStripeSets } from '../sets/stripe-set.js';
import { unreadFile, verifyFile } from './verify-file.js';
import type { VerifiedFile, VerifyReport, VerifyRequest } from './verify-report.js';

/** Damage is in the report; throws only what kept it from being made. */
export async function verifyJob(
  request: VerifyRequest,
  abort: Abort,
  emit: Emit,
): Promise<VerifyReport> {
  abort.onAbort((cause) => emit({ event: 'aborting', reason: cause.message }));
  return verifyFiles(request, abort, emit);
}

/** The same as a part of another job, which says itself that it aborts. */
export async function verifyFiles(
  request: VerifyRequest,
  abort: Abort,
  emit: Emit,
): Promise<VerifyReport> {
  const progress = new JobProgress(emit, 'reading');
  const counters = { rawBytes: 0, storedBytes: 0 };
  const pipeline = new ReadPipeline(request.threads);
  progress.watch(counters);
  try {
    const total = await abort.race(bytesOf(request.files));
    const files: VerifiedFile[] = [];
    for (const file of request.files) {
      abort.throwIfAborted();
      const before = counters.storedBytes;
      const reading = verifyFile(file, {
        pipeline,
        abort,
        onDamage: (damage) => emit({ event: 'damage', file, ...damage }),
        onWarning: (code, message) => emit({ event: 'warning', code, message }),
        onProgress: (rawBytes, storedEnd) => {
          counters.rawBytes += rawBytes;
          counters.storedBytes = before + storedEnd;
          progress.heard(Math.min(100, (100 * counters.storedBytes) / total));
        },
      });
      const verified = await reading.catch((thrown) => unread(file, thrown, request, emit));
      counters.storedBytes = before + verified.storedBytes;
      if (!verified.unread)
        emit({ event: 'verified', file, good: verified.good, lines: lines(verified) });
      files.push(verified);
    }
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
  return {
    good: sets.length === 0 && files.every((file) => file.good),
    files,
    sets,
    rawBytes: files.reduce((sum, { rawBytes }) => sum + rawBytes, 0),
    storedBytes: files.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
    elapsedMs,
  };
}

/** What was looked at, for a person. */
function lines(file: VerifiedFile): string[] {
  const { form, rawBytes, frames, pages, backupChecksums, records, goodRawBytes, good } = file;
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
    ...(good ? [] : [`good from the start: ${formatByteSize(goodRawBytes)}`]),
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
