// The offline jobs in this process: exit code and report, without the command line.

import { Abort } from '../../src/base/abort.js';
import type { JobEvent } from '../../src/base/events.js';
import { exitCodes, Failure } from '../../src/errors.js';
import { extractJob } from '../../src/job/extract/extract-job.js';
import { infoJob } from '../../src/job/info/info-job.js';
import type { FileInfo } from '../../src/job/info/info-report.js';
import { verifyJob } from '../../src/job/verify/verify-job.js';
import type { VerifyReport } from '../../src/job/verify/verify-report.js';

export interface Verified {
  readonly exitCode: number;
  readonly report: VerifyReport;
  readonly events: readonly JobEvent[];
}

export async function verify(files: readonly string[], threads = 1): Promise<Verified> {
  const events: JobEvent[] = [];
  const report = await verifyJob({ files, threads }, new Abort(), (event) => events.push(event));
  return { exitCode: report.good ? 0 : exitCodes.integrity, report, events };
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
