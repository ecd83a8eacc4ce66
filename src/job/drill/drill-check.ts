// One check of a drill: a statement in or of its throw-away database, how long it took, and what it came to.

import type { Abort } from '../../base/abort.ts';
import { isError } from '../../sql/message/messages.ts';
import { queryFailure, spoken } from '../../sql/message/statement-failure.ts';
import type { OnRow, SqlSession, StatementOutcome } from '../../sql/sql-session.ts';
import { type Expectation, judge } from './drill-expectation.ts';
import { shownValue } from './drill-operand.ts';
import type { DrillAssertion, DrillCheck } from './drill-report.ts';
import type { Assertion } from './drill-script.ts';

/** Messages kept of one check: a database that is damaged all over needs no more. */
export const maxMessages = 50;

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

async function measured<T extends { readonly messages: readonly string[] }>(
  check: () => Promise<T>,
): Promise<T & DrillCheck> {
  const started = performance.now();
  const found = await check();
  const elapsedMs = Math.round(performance.now() - started);
  return { ...found, outcome: found.messages.length > 0 ? 'failed' : 'passed', elapsedMs };
}

export async function run(
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
  const failure = errors.length === 0 ? queryFailure(outcome, { direction: 'drill' }) : undefined;
  if (failure?.kind === 'connection') throw failure;
  return [...errors.slice(0, maxMessages), ...(failure ? [failure.message] : [])];
}
