// What a drill does to its throw-away database: checks it, asks it, drops it.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Abort } from '../base/abort.js';
import { asError } from '../errors.js';
import { readDatabaseFacts } from '../sql/facts/server-facts.js';
import { isError } from '../sql/message/messages.js';
import { queryFailure, spoken } from '../sql/message/statement-failure.js';
import { openSession } from '../sql/open-session.js';
import { quoteIdentifier, quoteLiteral } from '../sql/quoting.js';
import type {
  OnRow,
  SqlConnectionSettings,
  SqlSession,
  StatementOutcome,
} from '../sql/sql-session.js';
import { type Expectation, judge } from './drill/drill-expectation.js';
import { shownValue } from './drill/drill-operand.js';
import type { DrillAssertion, DrillCheck } from './drill/drill-report.js';
import type { Assertion } from './drill/drill-script.js';

/** Messages kept of one check: a database that is damaged all over needs no more. */
const maxMessages = 50;

/** DBCC CHECKDB: every page, every index, every constraint of the engine. */
export async function checkDatabase(
  session: SqlSession,
  database: string,
  abort: Abort,
): Promise<DrillCheck> {
  const literal = quoteLiteral(database, 'a database name');
  return measured(async () => {
    const outcome = await run(session, `DBCC CHECKDB (${literal}) WITH NO_INFOMSGS`, abort);
    return { messages: complaints(outcome) };
  });
}

/** The first value of the first row, in the throw-away database. */
export async function checkAssertion(
  session: SqlSession,
  { name, query, expected, expectation }: Assertion,
  abort: Abort,
): Promise<DrillAssertion> {
  const checked = await measured(async () => {
    let first: readonly unknown[] | undefined;
    const outcome = await run(session, query, abort, (_, values) => {
      first ??= values;
    });
    const messages = complaints(outcome);
    if (messages.length > 0) return { messages };
    if (!first) return { messages: ['the query gave no row'] };
    const [value] = first;
    return { messages: objections(expected, expectation, value), actual: shownValue(value) };
  });
  return { name, query, expected, ...checked };
}

function objections(expected: string, expectation: Expectation, value: unknown): string[] {
  const verdict = judge(expectation, value);
  if (verdict === 'holds') return [];
  const why = verdict === 'wrong' ? '' : ', which is not comparable';
  return [`expected ${expected}, but was ${shownValue(value)}${why}`];
}

/** Makes `database` the one that queries of this session are asked of. */
export async function enterDatabase(session: SqlSession, database: string): Promise<void> {
  await session.query(`USE ${quoteIdentifier(database)}`);
}

async function measured<T extends { readonly messages: readonly string[] }>(
  check: () => Promise<T>,
): Promise<T & DrillCheck> {
  const started = performance.now();
  const found = await check();
  const elapsedMs = Math.round(performance.now() - started);
  return { ...found, outcome: found.messages.length > 0 ? 'failed' : 'passed', elapsedMs };
}

async function run(
  session: SqlSession,
  statement: string,
  abort: Abort,
  onRow?: OnRow,
): Promise<StatementOutcome> {
  const running = session.execute(statement, () => undefined, onRow);
  const forget = abort.onAbort(() => running.cancel());
  try {
    return await abort.race(running.outcome);
  } finally {
    forget();
  }
}

/**
 * SQL Server's errors; failing those, that it broke off. Throws when it never came to an answer: a connection that is
 * lost without a word says nothing of the database.
 */
function complaints(outcome: StatementOutcome): string[] {
  const errors = outcome.messages.filter(isError).map(spoken);
  const failure = errors.length === 0 ? queryFailure(outcome) : undefined;
  if (failure?.kind === 'connection') throw failure;
  return [...errors.slice(0, maxMessages), ...(failure ? [failure.message] : [])];
}

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
    await Promise.race([sleep(betweenDropsMs), over]);
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
