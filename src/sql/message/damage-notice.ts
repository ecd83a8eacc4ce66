// What SQL Server says of damage that it went on after, and ended with success all the same. These messages have level 10
// (learn.microsoft.com, "Database engine events and errors 3000 to 3999"): nothing but the number sets them apart.

import type { SqlMessage } from '../sql-session.ts';

interface DamageNotice {
  readonly code: 'damaged-database';
  readonly message: string;
  readonly hint: string;
}

const keysMissing =
  'the restore succeeded, but transactions are left open: data or the keys of an enclave are missing';
const checkHint = 'Check it before anyone relies on it: DBCC CHECKDB.';

const notices: Readonly<Record<number, readonly [message: string, hint: string]>> = {
  3042: [
    'the database is damaged, and so is what this backup holds of it',
    "SQL Server's error log names the pages. Keep the last backup that has no damage; then DBCC CHECKDB.",
  ],
  3184: ['the restore succeeded, but it met damage: the database may be inconsistent', checkHint],
  3188: ['this backup was taken of a database that was damaged then', checkHint],
  3192: [
    'the restore succeeded, but transactions are left open: data that they need is missing',
    'Restore the backups that hold this data, or drop its filegroups if nobody needs it.',
  ],
  3466: [
    keysMissing,
    'Send the keys to the enclave (sp_enclave_send_keys), or restore the data that is missing.',
  ],
  3467: [
    keysMissing,
    'Configure the enclave and send it the keys, or restore the data that is missing.',
  ],
};

/** The warning that `message` is worth; undefined for one that speaks of no damage, and for errors, which end the run. */
export function damageNotice({ number }: Pick<SqlMessage, 'number'>): DamageNotice | undefined {
  const notice = notices[number];
  if (!notice) return undefined;
  const [message, hint] = notice;
  return { code: 'damaged-database', message: `${message} (Msg ${number})`, hint };
}

/** True where one of the messages that a BACKUP ended with says that its database was damaged. */
export function saysDamagedDatabase(messages: readonly Pick<SqlMessage, 'number'>[]): boolean {
  return messages.some(({ number }) => number === 3042);
}
