// The offline jobs in this process: exit code and report, without the command line.

import { Abort } from '../../src/base/abort.ts';
import { Failure } from '../../src/base/errors.ts';
import type { JobEvent } from '../../src/base/events.ts';
import { exitCodes } from '../../src/base/failure-codes.ts';
import { extractJob } from '../../src/job/extract/extract-job.ts';
import { infoJob } from '../../src/job/info/info-job.ts';
import type { FileInfo } from '../../src/job/info/info-report.ts';
import { verifyFailure } from '../../src/job/verify/verify-failure.ts';
import { verifyJob } from '../../src/job/verify/verify-job.ts';
import type { VerifyReport } from '../../src/job/verify/verify-report.ts';

export interface Verified {
  readonly exitCode: number;
  readonly report: VerifyReport;
  readonly events: readonly JobEvent[];
}

export async function verify(files: readonly string[], threads = 1): Promise<Verified> {
  const events: JobEvent[] = [];
  const report = await verifyJob({ files, threads }, new Abort(), (event) => events.push(event));
  const failure = verifyFailure(report);
  return { exitCode: failure ? exitCodes[failure.kind] : 0, report, events };
}

/** Exit code of an extraction to `out`; anything but a Failure is thrown on. */
export async function extract(
  file: string,
  out: string,
  options: { readonly salvage?: boolean; readonly threads?: number } = {},
): Promise<{ readonly exitCode: number; readonly message: string }> {
  const { salvage = false, threads = 1 } = options;
  const request = { file, out, salvage, overwrite: true, threads };
  try {
    await extractJob(request, new Abort(), () => undefined);
    return { exitCode: 0, message: '' };
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    return { exitCode: exitCodes[thrown.kind], message: thrown.message };
  }
}

export async function info(file: string): Promise<FileInfo> {
  const { files } = await infoJob([file], new Abort());
  const [first] = files;
  if (!first) throw new Error('no file was described');
  return first;
}
