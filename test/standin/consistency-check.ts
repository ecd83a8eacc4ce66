// DBCC CHECKDB and CHECKCATALOG: on a snapshot, or under locks, as "DBCC CHECKDB (Transact-SQL)" and "Errors 17053 and 926
// when you run a DBCC CHECK command" of Microsoft's documentation describe it. What they find is told to them.

import { backupMessages } from './backup-message.ts';
import type { DeviceContext } from './device-executor.ts';
import { evaluate } from './evaluator.ts';
import type { Database, Instance } from './instance.ts';
import { pause } from './pause.ts';
import { sessionScope } from './query.ts';
import type { Session } from './session.ts';
import { toText } from './sql-conversion.ts';
import {
  errorMessage as error,
  type ServerMessage,
  SqlError,
  unknownDatabase,
} from './sql-error.ts';
import type { CheckStatement } from './statement.ts';

const messages = {
  offline: () =>
    error(
      7928,
      'The database snapshot for online checks could not be created. Either the reason is given in a previous error or one of the underlying volumes does not support sparse files or alternate streams. Attempting to get exclusive access to run checks offline.',
    ),
  notLocked: () =>
    error(5030, 'The database could not be exclusively locked to perform the operation.'),
  aborted: () =>
    error(
      7926,
      'Check statement aborted. The database could not be checked as a database snapshot could not be created and the database or table could not be locked. See Books Online for details of when this behavior is expected and what workarounds exist. Also see previous errors for more details.',
    ),
  // The catalog of master refers to the other databases of its server.
  catalogOfMaster: () =>
    error(
      8992,
      'Check Catalog Msg 3853, State 1: Attribute (owning_principal_id=1) of row (class=0) in sys.sysclsobjs does not have a matching row.',
    ),
};

const catalogOptions = ['NO_INFOMSGS'];
const databaseOptions = [
  ...catalogOptions,
  'ALL_ERRORMSGS',
  'EXTENDED_LOGICAL_CHECKS',
  'TABLOCK',
  'ESTIMATEONLY',
  'PHYSICAL_ONLY',
  'DATA_PURITY',
];
/** 2014 SP2 and later. */
const maxdopBuild = [12, 0, 5000];

export async function checkDatabase(
  statement: CheckStatement,
  { session, reply, signal }: Pick<DeviceContext, 'session' | 'reply' | 'signal'>,
): Promise<void> {
  checkOptions(statement, session.instance);
  const database = checkedDatabase(statement, session);
  const { delay = 0 } = session.instance.checkdb;
  await pause(delay, signal);
  const errors = errorsOf(statement, database, session.instance);
  for (const message of errors) reply.message(message);
  if (errors.length > 0) reply.failed();
  const isQuiet = ['NO_INFOMSGS', 'PHYSICAL_ONLY'].some((word) => statement.options.has(word));
  if (!isQuiet)
    for (const message of closing(statement, database)) reply.message({ ...message, severity: 10 });
  reply.end();
}

function checkOptions({ command, options }: CheckStatement, { versionParts }: Instance): void {
  const known = command === 'CHECKDB' ? databaseOptions : catalogOptions;
  const at = maxdopBuild.findIndex((number, index) => number !== versionParts[index]);
  const knowsMaxdop = (versionParts[at] ?? 0) >= (maxdopBuild[at] ?? 0);
  for (const [name, value] of options) {
    const isMaxdop = name === 'MAXDOP' && command === 'CHECKDB' && knowsMaxdop;
    if (isMaxdop ? value === undefined : value !== undefined || !known.includes(name))
      throw new SqlError(155, 15, `'${name}' is not a recognized option.`);
  }
}

function checkedDatabase({ database: named }: CheckStatement, session: Session): Database {
  const name = toText((named ? evaluate(named, sessionScope(session)) : session.database) ?? '');
  const database = session.instance.find(name);
  if (!database) throw unknownDatabase(name);
  if (database.state === 'RESTORING')
    throw new SqlError(927, 14, backupMessages.restoring(name).text);
  return database;
}

function errorsOf(
  { command, options }: CheckStatement,
  database: Database,
  instance: Instance,
): ServerMessage[] {
  const { finds, noSnapshot, breaksOff } = instance.checkdb;
  if (breaksOff) return [...breaksOff];
  const onSnapshot = !options.has('TABLOCK') && !noSnapshot;
  const reasons = options.has('TABLOCK') || !noSnapshot ? [] : [...noSnapshot, messages.offline()];
  if (!onSnapshot && instance.refusedLocks > 0) {
    instance.refusedLocks -= 1;
    return [...reasons, messages.notLocked(), messages.aborted()];
  }
  const looksAtCatalog =
    command === 'CHECKCATALOG' || (onSnapshot && !options.has('PHYSICAL_ONLY'));
  const isOdd = looksAtCatalog && database.copyOfMaster;
  return [
    ...reasons,
    ...(isOdd ? [messages.catalogOfMaster()] : []),
    ...(finds !== undefined && command === 'CHECKDB' ? [error(8928, finds)] : []),
  ];
}

function closing({ command }: CheckStatement, { name }: Database): ServerMessage[] {
  const completed =
    'DBCC execution completed. If DBCC printed error messages, contact your system administrator.';
  const summary = `CHECKDB found 0 allocation errors and 0 consistency errors in database '${name}'.`;
  return [...(command === 'CHECKDB' ? [error(8989, summary)] : []), error(2528, completed)];
}
