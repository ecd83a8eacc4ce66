// EXECUTE AS USER as SQL Server plays it: whoever runs as a user of one database reaches nothing outside of it while
// that database is not TRUSTWORTHY, and a restored one never is.
import type { CatalogTable } from './catalog.ts';
import type { TableSource } from './expression.ts';
import { firstUserDatabase } from './instance.ts';
import type { Session } from './session.ts';
import { SqlError } from './sql-error.ts';
import { nvarchar } from './sql-value.ts';
import type { Statement } from './statement.ts';

export interface Impersonation {
  readonly database: string;
  readonly noRevert: boolean;
}

export function executeAs(
  { user, noRevert }: Statement & { kind: 'execute-as' },
  session: Session,
): void {
  const { instance } = session;
  const database = instance.find(session.database);
  const isUsers = (database?.id ?? 0) >= firstUserDatabase;
  const isOrphan = isUsers && instance.ownersAreGone && !database?.adopted;
  if (user.toLowerCase() !== 'dbo' || isOrphan)
    throw new SqlError(
      15517,
      16,
      `Cannot execute as the database principal because the principal "${user}" does not exist, this type of principal cannot be impersonated, or you do not have permission.`,
    );
  session.impersonation = { database: session.database, noRevert };
}

export function revert(session: Session): void {
  if (session.impersonation?.noRevert)
    throw new SqlError(
      15591,
      16,
      "The current security context cannot be reverted using this statement. A cookie may or may not be needed with 'Revert' statement depending on how the context was set with 'Execute As' statement.",
    );
  session.impersonation = undefined;
}

/** Throws where `database` is another one than the one this session is confined to. */
export function checkInside({ impersonation, login }: Session, database: string): void {
  if (!impersonation || impersonation.database === database) return;
  throw new SqlError(
    916,
    14,
    `The server principal "${login.userName}" is not able to access the database "${database}" under the current security context.`,
  );
}

/** A DDL trigger of the database fires: ALTER_AUTHORIZATION_DATABASE has database scope, too ("DDL Events"). */
export function alterAuthorization(
  { database: name, owner }: Statement & { kind: 'alter-authorization' },
  session: Session,
): void {
  const { instance, login } = session;
  const database = instance.find(name);
  if (!database || session.impersonation)
    throw new SqlError(
      15151,
      16,
      `Cannot find the database '${name}', because it does not exist or you do not have permission.`,
    );
  if (database.readOnly)
    throw new SqlError(
      3906,
      16,
      `Failed to update database "${name}" because the database is read-only.`,
    );
  for (const trigger of instance.ddlTriggers)
    instance.fired.push(`${trigger} as ${login.userName}: owner ${owner}`);
  database.adopted = true;
}

const adHoc = 'openrowset';
const remoteFunctions = ['openquery', 'openrowset'];

/** What another server answers, for whoever may ask it. */
export function remoteTable(source: TableSource, session: Session): CatalogTable | undefined {
  const { instance, impersonation } = session;
  const isFunction = source.args !== undefined && remoteFunctions.includes(source.table);
  if (!isFunction && !instance.remoteViews.includes(source.table)) return undefined;
  if (impersonation) throw source.table === adHoc ? adHocDenied() : notTrusted();
  const rows = () => {
    instance.escapes += 1;
    return [{ answer: 'from outside' }];
  };
  return { columns: { answer: nvarchar(60) }, rows };
}

function notTrusted(): SqlError {
  return new SqlError(
    15274,
    16,
    'Access to the remote server is denied because the current security context is not trusted.',
  );
}

function adHocDenied(): SqlError {
  return new SqlError(
    7415,
    16,
    "Ad hoc access to OLE DB provider 'MSOLEDBSQL' has been denied. You must access this provider through a linked server.",
  );
}
