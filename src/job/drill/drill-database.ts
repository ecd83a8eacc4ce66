// How the throw-away database of a drill is dropped.

import type { Abort } from '../../base/abort.ts';
import { within } from '../../base/deadline.ts';
import { asError } from '../../base/errors.ts';
import { readDatabaseFacts } from '../../sql/facts/server-facts.ts';
import { openSession } from '../../sql/open-session.ts';
import { quoteIdentifier } from '../../sql/quoting.ts';
import type { SqlConnectionSettings } from '../../sql/sql-session.ts';

/** How long a refused drop is tried again, ms: the session of an aborted restore may hold the database for a moment. */
const refusalPatienceMs = 10_000;
const betweenDropsMs = 250;
/** How long dropping may take in all, ms: SQL Server may have to roll back a lot first, or never answer. */
const dropTimeoutMs = 120_000;
/** The same once the user will not wait, ms. */
const hurriedDropMs = 2000;

/** Drops the throw-away database in a session of its own; true when it is gone. Never rejects. */
export async function dropDatabase(
  connection: SqlConnectionSettings,
  database: string,
  abort: Abort,
): Promise<boolean> {
  const patience = new AbortController();
  const timers = [setTimeout(() => patience.abort(), dropTimeoutMs)];
  const hurry = () => timers.push(setTimeout(() => patience.abort(), hurriedDropMs));
  const forget = abort.onHurry(hurry);
  try {
    return await dropPatiently(connection, database, patience.signal);
  } finally {
    forget();
    for (const timer of timers) clearTimeout(timer);
  }
}

async function dropPatiently(
  connection: SqlConnectionSettings,
  database: string,
  patience: AbortSignal,
): Promise<boolean> {
  const over = new Promise<undefined>((resolve) => {
    patience.addEventListener('abort', () => resolve(undefined));
  });
  const deadline = performance.now() + refusalPatienceMs;
  do {
    const drop = tryDrop(connection, database, patience).catch((thrown) => asError(thrown));
    if ((await Promise.race([drop, over])) === true) return true;
    await within(over, betweenDropsMs);
  } while (performance.now() < deadline && !patience.aborted);
  return false;
}

async function tryDrop(
  connection: SqlConnectionSettings,
  database: string,
  patience: AbortSignal,
): Promise<boolean> {
  const session = await openSession(connection);
  const leave = () => void session.close();
  patience.addEventListener('abort', leave);
  try {
    const facts = await readDatabaseFacts(session, database);
    if (facts === 'missing') return true;
    const name = quoteIdentifier(database);
    // A database that is RESTORING has no users and cannot be altered.
    if (facts?.state === 'ONLINE')
      await session.query(`ALTER DATABASE ${name} SET SINGLE_USER WITH ROLLBACK IMMEDIATE`);
    await session.query(`DROP DATABASE ${name}`);
    return (await readDatabaseFacts(session, database)) === 'missing';
  } finally {
    patience.removeEventListener('abort', leave);
    await session.close();
  }
}
