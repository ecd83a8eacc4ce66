// /etc/passwd and /etc/group as rows of fields, and SQL Server's name in them. Pure.

/** SQL Server's own account, made by the package mssql-server. */
export const serverAccount = 'mssql';

/** Of `table` in the format of passwd(5) and group(5). */
export function accountRows(table: string): string[][] {
  return table.split('\n').map((line) => line.split(':'));
}

/** The name of `uid` in the text of /etc/passwd. */
export function accountName(passwd: string, uid: number): string | undefined {
  return accountRows(passwd).find(([, , id]) => id === String(uid))?.[0];
}

/** SQL Server's uid in the text of /etc/passwd. */
export function serverUidIn(passwd: string): number | undefined {
  const uid = accountRows(passwd).find(([user]) => user === serverAccount)?.[2];
  return uid === undefined ? undefined : Number(uid);
}
