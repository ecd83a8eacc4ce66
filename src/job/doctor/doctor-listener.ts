// Whose the listener is that a login goes to: the check `listener`, on Linux, for logins with a password.

import type { Failure } from '../../base/errors.ts';
import type { FailureCode } from '../../base/failure-codes.ts';
import type { SqlConnectionSettings } from '../../sql/sql-session.ts';
import { listenerOf } from '../../sql/tds/listener-check.ts';
import { failed, notChecked, ok, problem, unknown } from './doctor-finding.ts';
import type { Finding } from './doctor-report.ts';

const check = 'listener';
export const listenerCodes: readonly FailureCode[] = ['foreign-listener', 'foreign-browser'];

/** `failure` is why there is no session; `connected` says that there was a connection all the same. */
export async function listenerFinding(
  settings: SqlConnectionSettings,
  failure: Failure | undefined,
  connected: boolean,
): Promise<Finding> {
  if (failure && listenerCodes.includes(failure.code)) return failed(check, failure);
  if (!connected) return notChecked(check, 'there is no connection');
  const owner = await listenerOf(settings);
  if (!owner)
    return unknown(
      check,
      'listener-unknown',
      'the system does not say whose the listener is: it is not of this network namespace, or SQL Browser named its port',
    );
  const { uid, account, trusted } = owner;
  const who = account === undefined ? `uid ${uid}` : `${account} (uid ${uid})`;
  if (trusted) return ok(check, `the listener belongs to ${who}`);
  return {
    ...problem(check, 'listener-trusted', `the listener belongs to ${who}, and --trust-listener`),
    level: 'warning',
    hints: ['The password goes to a program of that account.'],
  };
}
