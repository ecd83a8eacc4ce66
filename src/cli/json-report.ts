// The report of a verb on standard output, one JSON object on one line.

import { Failure } from '../errors.ts';
import type { Surroundings } from './surroundings.ts';

/** Writes `report`. The failure (`io`) when not all of it arrived: silence must not pass for a report. */
export function writeReport(
  { writeOut }: Pick<Surroundings, 'writeOut'>,
  report: unknown,
): Failure | undefined {
  if (writeOut(`${JSON.stringify(report)}\n`)) return undefined;
  const message = 'the report could not be written to standard output: full, or closed';
  return new Failure('io', 'report-lost', message, {
    hints: [
      'What it tells of went well; for the report, free space or see to its reader, and run again.',
    ],
  });
}
