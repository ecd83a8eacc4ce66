// The name of a sealed backup on which SQL Server may count without having said so: `FILE.unconfirmed-` and the first
// eight digits of the set id. No run writes or replaces it; `vdibackup finish` gives it the name FILE.

import { basename } from 'node:path';
import { partialSuffix } from './partial-file.ts';

/** Digits of the set id in the name: as many as stand before the first hyphen of a GUID. */
const idDigits = 8;

const unconfirmed = /^(?<final>.+)\.unconfirmed-(?<id>[0-9a-f]{8})$/is;

interface WaitingName {
  /** What the file is called once it is finished. */
  readonly final: string;
  /** The first digits of its set id, lower case; undefined for a partial file. */
  readonly id: string | undefined;
}

export function unconfirmedPath(path: string, setId: string): string {
  return `${path}.unconfirmed-${setId.slice(0, idDigits)}`;
}

/** What `path` waits to become; undefined for a name that waits for nothing. */
export function waitingName(path: string): WaitingName | undefined {
  const { final, id } = unconfirmed.exec(path)?.groups ?? {};
  if (final !== undefined && basename(final) !== '') return { final, id: id?.toLowerCase() };
  if (!path.endsWith(partialSuffix) || basename(path) === partialSuffix) return undefined;
  return { final: path.slice(0, -partialSuffix.length), id: undefined };
}

/** Whether the name says that SQL Server did not tell how the backup ended. */
export function isUnconfirmedName(path: string): boolean {
  return unconfirmed.test(path);
}
