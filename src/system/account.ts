// Who this process is in the eyes of SQL Server's account on Linux: the objects in shared memory carry user and
// group of whoever made them, and both sides must open the other's.

import { accountName, accountRows, serverAccount, serverUidIn } from './account-table.ts';

export interface AccountFacts {
  readonly uid: number;
  /** Its name, or the number where it has none. */
  readonly name: string;
  /** Name of its primary group, or the number. */
  readonly group: string;
  /** SQL Server's user; undefined when this machine has no such account. */
  readonly serverUid: number | undefined;
  /** This process has SQL Server's group. */
  readonly hasServerGroup: boolean;
  /** /etc/group makes this user a member of SQL Server's group, whether this process knows or not. */
  readonly listedInServerGroup: boolean;
  /** SQL Server's account is a member of this process's primary group. */
  readonly sharesGroup: boolean;
}

interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/** From the texts of /etc/passwd and /etc/group. */
export function accountFacts(passwd: string, group: string, me: Identity): AccountFacts {
  const users = accountRows(passwd);
  const groups = accountRows(group);
  const name = accountName(passwd, me.uid) ?? String(me.uid);
  const server = users.find(([user]) => user === serverAccount);
  const serverGid = server?.[3];
  const membersOf = (gid: string) => groups.find((row) => row[2] === gid)?.[3]?.split(',') ?? [];
  return {
    uid: me.uid,
    name,
    group: groups.find(([, , gid]) => gid === String(me.gid))?.[0] ?? String(me.gid),
    serverUid: serverUidIn(passwd),
    hasServerGroup: [me.gid, ...me.groups].some((gid) => String(gid) === serverGid),
    listedInServerGroup: serverGid !== undefined && membersOf(serverGid).includes(name),
    sharesGroup: serverGid === String(me.gid) || membersOf(String(me.gid)).includes(serverAccount),
  };
}
