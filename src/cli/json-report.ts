// The report of a verb on standard output: one JSON object on one line, or a table.

import { Failure } from '../errors.js';
import type { Surroundings } from './surroundings.js';

type Output = Pick<Surroundings, 'writeOut'>;

/** Writes `report`. The failure (`io`) when not all of it arrived: silence must not pass for a report. */
export function writeReport(output: Output, report: unknown): Failure | undefined {
  return writeTable(output, `${JSON.stringify(report)}\n`);
}

/** As `writeReport`, in words. */
export function writeTable({ writeOut }: Output, table: string): Failure | undefined {
  if (writeOut(table)) return undefined;
  const message = 'the report could not be written to standard output: full, or closed';
  return new Failure('io', 'report-lost', message, {
    hints: [
      'What it tells of went well; for the report, free space or see to its reader, and run again.',
    ],
  });
}
