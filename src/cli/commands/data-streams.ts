// Standard input and output as the place of a backup.

import { refuseClosedStdout } from '../report/json-report.ts';
import type { Surroundings } from '../surroundings.ts';
import { usageError } from '../usage-error.ts';

/** Before any work: where a backup can go that is written to standard output. */
export function checkDataStdout(around: Surroundings): void {
  refuseClosedStdout(around);
  if (around.stdoutIsTerminal) {
    throw usageError(
      'stdout',
      'stdout is a terminal, which cannot take a backup',
      'Redirect it, pipe it, or name a file.',
    );
  }
}

/** Before any work: where a backup can come from that is read from standard input. */
export function checkStdin(
  files: readonly string[],
  { stdinIsTerminal }: Pick<Surroundings, 'stdinIsTerminal'>,
): void {
  if (files.includes('-') && stdinIsTerminal)
    throw usageError(
      'stdin',
      'stdin is a terminal, which holds no backup',
      'Redirect it, pipe into it, or name a file.',
    );
}
