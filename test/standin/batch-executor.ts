// Carries out the statements of a batch, one after the other, and says what SQL Server would say.
import { parseBatch } from './batch-parser.ts';
import { checkDatabase } from './consistency-check.ts';
import { type DeviceContext, runDeviceStatement } from './device-executor.ts';
import { evaluate, truth } from './evaluator.ts';
import { alterAuthorization, checkInside, executeAs, revert } from './impersonation.ts';
import type { Database } from './instance.ts';
import { pause } from './pause.ts';
import { runSelect, sessionScope } from './query.ts';
import { convert, toText } from './sql-conversion.ts';
import { SqlError, undeclaredVariable, unknownDatabase, unknownProcedure } from './sql-error.ts';
import { nullOf, type SqlValue } from './sql-value.ts';
import type { Statement } from './statement.ts';

/** Everything a statement may need; the fault is drawn when a BACKUP or RESTORE asks for it. */
export type BatchContext = Omit<DeviceContext, 'fault'> & {
  readonly takeFault: () => DeviceContext['fault'];
};

export async function executeBatch(text: string, context: BatchContext): Promise<void> {
  try {
    await runAll(parseBatch(text), context);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    context.session.lastError = error.number;
    context.reply.message(error);
    context.reply.failed();
  }
}

async function runAll(statements: readonly Statement[], context: BatchContext): Promise<void> {
  for (const statement of statements) {
    if (context.signal.aborted) return;
    await runStatement(statement, context);
  }
}

async function runStatement(statement: Statement, context: BatchContext): Promise<void> {
  const { session, reply } = context;
  switch (statement.kind) {
    case 'select':
      select(statement, context);
      return;
    case 'set-option':
      reply.end();
      return;
    case 'declare':
      declare(statement, context);
      return;
    case 'assign':
      assign(statement.variable, evaluate(statement.value, sessionScope(session)), context);
      return;
    case 'use':
      use(statement.database, context);
      return;
    case 'print':
      print(statement, context);
      return;
    case 'waitfor':
      await waitFor(toText(evaluate(statement.delay, sessionScope(session)) ?? ''), context);
      return;
    case 'transaction':
      transaction(statement.action, context);
      return;
    case 'drop-database':
      await drop(statement, context);
      return;
    case 'alter-database':
      alter(statement, context);
      return;
    case 'execute-as':
      executeAs(statement, session);
      reply.end();
      return;
    case 'revert':
      revert(session);
      reply.end();
      return;
    case 'alter-authorization':
      alterAuthorization(statement, session);
      reply.end();
      return;
    case 'check':
      await checkDatabase(statement, context);
      return;
    case 'execute':
      await execute(statement, context);
      return;
    case 'if':
      await branch(statement, context);
      return;
    case 'device':
      await runDeviceStatement(statement, sessionScope(session), {
        ...context,
        fault: context.takeFault(),
      });
      reply.end();
      return;
  }
}

function select(statement: Statement & { kind: 'select' }, { session, reply }: BatchContext): void {
  const result = runSelect(statement.select, session);
  session.rowCount = result.rows.length;
  const { items } = statement.select;
  if (items.every((item) => item.kind === 'assign')) {
    const last = result.rows.at(-1);
    for (const [index, item] of items.entries()) {
      if (last && item.kind === 'assign') {
        setVariable(item.variable, last[index] ?? null, session.variables);
      }
    }
  } else {
    reply.rows(result.columns, result.rows);
  }
  reply.end();
}

function declare({ variables }: Statement & { kind: 'declare' }, context: BatchContext): void {
  const { session } = context;
  for (const { name, type, value } of variables) {
    session.variables.set(name.toLowerCase(), nullOf(type));
    if (value) setVariable(name, evaluate(value, sessionScope(session)), session.variables);
  }
}

function assign(name: string, value: SqlValue, { session, reply }: BatchContext): void {
  setVariable(name, value, session.variables);
  reply.end();
}

function setVariable(
  name: string,
  value: SqlValue,
  variables: BatchContext['session']['variables'],
): void {
  const known = variables.get(name.toLowerCase());
  if (!known) throw undeclaredVariable(name);
  variables.set(name.toLowerCase(), { type: known.type, value: convert(value, known.type) });
}

function use(name: string, { session, reply }: BatchContext): void {
  const database = session.instance.find(name);
  if (!database) throw unknownDatabase(name);
  checkInside(session, database.name);
  if (database.state === 'OFFLINE') {
    throw new SqlError(942, 14, `Database '${name}' cannot be opened because it is offline.`, 4);
  }
  const before = session.database;
  session.database = database.name;
  reply.database(database.name, before);
  reply.end();
}

function print(statement: Statement & { kind: 'print' }, { session, reply }: BatchContext): void {
  const value = evaluate(statement.value, sessionScope(session));
  reply.message({ number: 0, severity: 0, state: 1, text: value === null ? ' ' : toText(value) });
  reply.end();
}

async function waitFor(delay: string, { signal, reply }: BatchContext): Promise<void> {
  const match = /^(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,3}))?)?$/.exec(delay);
  if (!match)
    throw new SqlError(
      148,
      15,
      `Incorrect time syntax in time string '${delay}' used with WAITFOR.`,
    );
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(1, 4).map((part) => Number(part ?? 0));
  const milliseconds = Number((match[4] ?? '0').padEnd(3, '0'));
  await pause(((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds, signal);
  reply.end();
}

function transaction(action: 'begin' | 'commit' | 'rollback', context: BatchContext): void {
  const { session, reply } = context;
  if (action === 'begin') {
    session.transactions += 1;
  } else if (session.transactions === 0) {
    const verb = action.toUpperCase();
    throw new SqlError(
      action === 'commit' ? 3902 : 3903,
      16,
      `The ${verb} TRANSACTION request has no corresponding BEGIN TRANSACTION.`,
    );
  } else {
    session.transactions = action === 'commit' ? session.transactions - 1 : 0;
  }
  reply.end();
}

async function drop(
  { names, lenient }: Statement & { kind: 'drop-database' },
  { session, reply, signal }: BatchContext,
): Promise<void> {
  await pause(session.instance.dropDelay, signal);
  if (signal.aborted) return;
  for (const name of names) {
    const database = session.impersonation ? undefined : session.instance.find(name);
    if (database && session.instance.refusedDrops > 0) {
      session.instance.refusedDrops -= 1;
      throw new SqlError(
        3702,
        16,
        `Cannot drop database "${name}" because it is currently in use.`,
      );
    }
    if (database) session.instance.drop(database);
    else if (!lenient) {
      throw new SqlError(
        3701,
        11,
        `Cannot drop the database '${name}', because it does not exist or you do not have permission.`,
      );
    }
  }
  reply.end();
}

function alter(
  { name, words }: Statement & { kind: 'alter-database' },
  { session, reply }: BatchContext,
): void {
  const target = name.toUpperCase() === 'CURRENT' ? session.database : name;
  const database = session.instance.find(target);
  if (!database) {
    throw new SqlError(
      5011,
      14,
      `User does not have permission to alter database '${name}', the database does not exist, or the database is not in a state that allows access checks.`,
    );
  }
  const [option, value] = words;
  applyOption(database, option ?? '', value ?? '');
  reply.end();
}

function applyOption(database: Database, option: string, value: string): void {
  switch (option) {
    case 'RECOVERY':
      if (value === 'FULL' || value === 'SIMPLE' || value === 'BULK_LOGGED') {
        database.recoveryModel = value;
      }
      return;
    case 'SINGLE_USER':
    case 'MULTI_USER':
    case 'RESTRICTED_USER':
      database.userAccess = option;
      return;
    case 'ONLINE':
    case 'OFFLINE':
    case 'EMERGENCY':
      database.state = option;
      return;
    case 'READ_ONLY':
    case 'READ_WRITE':
      database.readOnly = option === 'READ_ONLY';
      return;
  }
}

async function execute(
  { procedure, args }: Statement & { kind: 'execute' },
  context: BatchContext,
): Promise<void> {
  const name = procedure.split('.').at(-1)?.toLowerCase();
  const [text] = args;
  if (name !== 'sp_executesql' || !text) throw unknownProcedure(procedure);
  const value = evaluate(text, sessionScope(context.session));
  // The context switched to inside a module ends with it (EXECUTE AS, Transact-SQL).
  const { impersonation } = context.session;
  await runAll(parseBatch(toText(value ?? '')), context);
  context.session.impersonation = impersonation;
}

async function branch(statement: Statement & { kind: 'if' }, context: BatchContext): Promise<void> {
  const holds = truth(statement.condition, sessionScope(context.session)) === true;
  await runAll(holds ? statement.whenTrue : statement.otherwise, context);
}
