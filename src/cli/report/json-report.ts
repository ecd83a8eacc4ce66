// The report of a verb on standard output: one JSON object on one line, or a table.

import { Failure } from '../../base/errors.ts';
import { printableJson } from '../../base/printable.ts';
import type { Surroundings } from '../surroundings.ts';

type Output = Pick<Surroundings, 'writeOut' | 'abort'>;

/** Refuses to begin what ends in a report that nobody could read: standard output is closed (`>&-`). */
export function refuseClosedStdout({ stdoutIsClosed }: Pick<Surroundings, 'stdoutIsClosed'>): void {
  if (!stdoutIsClosed) return;
  throw new Failure('stdout-closed', 'standard output is closed: what goes there would be lost', {
    hints: ['Redirect it to a file or a program; > /dev/null, if nobody wants it.'],
  });
}

/** Writes `report`. The failure (`io`), or why the run was aborted, when not all of it arrived: silence must not pass for a report. */
export function writeReport(output: Output, report: unknown): Promise<Error | undefined> {
  return writeTable(output, `${printableJson(report)}\n`);
}

/** As `writeReport`, in words. */
export async function writeTable(
  { writeOut, abort }: Output,
  table: string,
): Promise<Error | undefined> {
  if (await writeOut(table)) return undefined;
  if (isSignal(abort.cause)) return abort.cause;
  const message = 'the report could not be written to standard output: full, closed, or not read';
  return new Failure('report-lost', message, {
    hints: [
      'What it tells of went well; for the report, free space or see to its reader, and run again.',
    ],
  });
}

function isSignal(cause: Error | undefined): cause is Failure {
  return cause instanceof Failure && (cause.kind === 'interrupted' || cause.kind === 'terminated');
}
