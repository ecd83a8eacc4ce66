// A row as both drivers' sessions hand it out.

import type { SqlRow } from './sql-session.ts';

/** By column name; of columns with the same name the last one. */
export function namedRow(columns: readonly string[], values: readonly unknown[]): SqlRow {
  return Object.fromEntries(columns.map((column, at) => [column, values[at]]));
}
