// The one table from SQL Server's message numbers, and what a run was about, to code and next steps. Numbers
// and severities: "Database Engine events and errors",
// https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors. A number that is not
// here is still reported in the server's own words, as 'statement-failed'.

import type { SqlMessage } from '../sql-session.ts';
import { explainDevice } from './device-message.ts';
import {
  type Direction,
  type Explanation,
  errorLogHint,
  type Row,
  type Situation,
} from './explanation.ts';
import { explainFile } from './file-message.ts';
import { chainRows } from './rows/chain-rows.ts';
import { editionRows } from './rows/edition-rows.ts';
import { fileRows } from './rows/file-rows.ts';
import { loginRows } from './rows/login-rows.ts';
import { mediaRows } from './rows/media-rows.ts';
import { optionRows } from './rows/option-rows.ts';
import { recoveryRows } from './rows/recovery-rows.ts';
import { resourceRows } from './rows/resource-rows.ts';
import { stateRows } from './rows/state-rows.ts';
import { explainSize } from './size-message.ts';
import { explainVersion } from './version-message.ts';

export const messageRows: readonly Row[] = [
  ...stateRows,
  ...chainRows,
  ...mediaRows,
  ...optionRows,
  ...fileRows,
  ...recoveryRows,
  ...editionRows,
  ...resourceRows,
  ...loginRows,
];

const unknown: Explanation = {
  code: 'statement-failed',
  hints: [errorLogHint],
};

/** The row of a number for what the run was about; without a direction the first one, whatever it is for. */
const table = new Map<string, Row>();
for (const row of messageRows)
  for (const number of row[0]) {
    if (!table.has(keyOf(number))) table.set(keyOf(number), row);
    for (const direction of row[1]) table.set(keyOf(number, direction), row);
  }

function keyOf(number: number, direction?: Direction): string {
  return `${number} ${direction ?? ''}`;
}

/** Code and next steps of an error of SQL Server. What its text says of sizes and systems goes before its number. */
export function explanationOf(message: SqlMessage, situation: Situation = {}): Explanation {
  return (
    explainDevice(message) ??
    explainFile(message, situation) ??
    explainSize(message) ??
    explainVersion(message) ??
    fromTable(message.number, situation) ??
    ofAnotherRun(message.number) ??
    unknown
  );
}

/** What the number means, without the advice, which was written for another run than the one that heard it. */
function ofAnotherRun(number: number): Explanation | undefined {
  const found = fromTable(number, {});
  return found && { ...found, hints: [errorLogHint] };
}

/** `undefined` where the table has no row for the number and direction. */
export function fromTable(number: number, situation: Situation): Explanation | undefined {
  const row = table.get(keyOf(number, situation.direction));
  if (!row) return undefined;
  const [, , code, ...advice] = row;
  const hints = advice.map((words) => (typeof words === 'string' ? words : words(situation)));
  return { code, hints: hints.filter((hint) => hint !== undefined) };
}
