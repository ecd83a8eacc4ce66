// What a message of SQL Server stands for, and the form of the table that says so. What is right for a backup may be
// wrong for a restore: a row names the runs it is for, and its advice may depend on the server.

import type { FailureCode } from '../../base/failure-codes.ts';
import type { ServerFacts } from '../facts/server-facts.ts';

/** What a run was about when SQL Server said the message. A drill's database is new and is dropped afterwards. */
export type Direction = 'backup' | 'restore' | 'drill' | 'login';

export interface Situation {
  /** Undefined for a question beside the job: then the first row of the number counts. */
  readonly direction?: Direction | undefined;
  readonly server?: Pick<ServerFacts, 'productMajor' | 'engineEdition' | 'edition'> | undefined;
}

/** Code and next steps. */
export interface Explanation {
  readonly code: FailureCode;
  readonly hints: readonly string[];
}

/** A sentence that says what to do, or how the server's version and edition make one; undefined where they have none. */
type Advice = string | ((situation: Situation) => string | undefined);

export type Row = readonly [
  numbers: readonly number[],
  directions: readonly Direction[],
  code: FailureCode,
  ...advice: readonly Advice[],
];

export const onBackup: readonly Direction[] = ['backup'];
/** A restore under a name of its own, which may be there already. */
export const onRestore: readonly Direction[] = ['restore'];
export const onDrill: readonly Direction[] = ['drill'];
/** A restore or a drill. */
export const onReading: readonly Direction[] = ['restore', 'drill'];
/** A backup, a restore or a drill. */
export const onAny: readonly Direction[] = ['backup', 'restore', 'drill'];
export const onLogin: readonly Direction[] = ['login'];

export const errorLogHint = "Look at SQL Server's error log for the lines just before this one.";

/** How a login becomes a member of sysadmin: ALTER SERVER ROLE is of SQL Server 2012 (11). */
export function sysadminAdvice({ server }: Situation): string {
  const isOld = server?.productMajor !== undefined && server.productMajor < 11;
  const command = isOld
    ? "EXEC sp_addsrvrolemember N'login', N'sysadmin'"
    : 'ALTER SERVER ROLE sysadmin ADD MEMBER [login]';
  return `Run it with a login of the server role sysadmin, which a virtual device needs: ${command}.`;
}
