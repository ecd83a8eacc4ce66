// Msg 3169 names two versions, that of the backup and that of this server: which of them is older decides what can be
// done. Up to 2019 they are those of the program (16.00.1000), from 2022 on those of the database (957): "Database Engine
// events and errors (3000 to 3999)" of either. Texts come in the login's language, so only their numbers are read, in order.

import { sentText } from '../server-message.ts';
import type { SqlMessage } from '../sql-session.ts';
import type { Explanation } from './explanation.ts';

const otherVersion = 3169;
const programVersion = /(?<![\w.])\d+(?:\.\d+)+(?!\w)/g;
/** 515 is SQL Server 7.0, 957 is SQL Server 2022; below 100 it is something else. */
const databaseVersion = /(?<![\w.-])[1-9]\d{2,3}(?![\w.-]*\w)/g;

/** `undefined` for other messages, and where there are no two versions that differ. */
export function explainVersion(message: SqlMessage): Explanation | undefined {
  if (message.number !== otherVersion) return undefined;
  const text = sentText(message);
  const pairs = [programVersion, databaseVersion].map((form) => text.match(form) ?? []);
  const [theirs, ours] = pairs.find(({ length }) => length === 2) ?? [];
  const order = theirs && ours ? compareVersions(theirs, ours) : 0;
  if (order === 0) return undefined;
  return order > 0 ? fromNewer : fromOlder;
}

/** Above 0 when `one` is the newer. */
function compareVersions(one: string, other: string): number {
  const [ones, others] = [one, other].map((version) => version.split('.').map(Number));
  const at = ones?.findIndex((number, index) => number !== others?.[index]) ?? -1;
  return (ones?.[at] ?? 0) - (others?.[at] ?? 0);
}

const fromNewer: Explanation = {
  code: 'newer-version',
  hints: [
    'The backup is from a newer SQL Server: restore it on that version or a newer one (vdibackup info FILE tells which).',
  ],
};

const fromOlder: Explanation = {
  code: 'older-version',
  hints: [
    'The backup is too old for this SQL Server: restore it on a version in between, back it up there, and restore that backup here.',
  ],
};
