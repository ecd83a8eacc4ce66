// The umask while shared objects of VDI come into being. A process has one umask, several device sets may be open at
// once: this file alone sets it, counts who needs it, and gives it back when nobody does. Files of our own state their mode.

import { readFileSync } from 'node:fs';
import { type AccountFacts, accountFacts } from '../../system/account.ts';

/**
 * Enough where SQL Server's account owns the objects or is in their group: nobody else shall read pages of a database in
 * /dev/shm. The usual 022 would take the right to write from the group, which the library wants to give it
 * (https://github.com/microsoft/sql-server-samples/pull/238).
 */
const forGroup = 0o007;
/**
 * Where it is neither, or nobody knows (root, another container, a directory service), only the rights of others let
 * SQL Server in. Whether the library grants them is not documented; Microsoft's sample sets this umask.
 */
const forOthers = 0;

let holders = 0;
let before = 0;

/** The umask lets SQL Server's account open what is made from now on, until the function returned is called. */
export function openUmask(): () => void {
  if (holders === 0) before = process.umask(umaskFor(account()));
  holders += 1;
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    holders -= 1;
    if (holders === 0) process.umask(before);
  };
}

/** What is made carries the user and the primary group of this process. */
export function umaskFor(me: AccountFacts | undefined): number {
  if (me?.serverUid === undefined) return forOthers;
  return me.uid === me.serverUid || me.sharesGroup ? forGroup : forOthers;
}

function account(): AccountFacts | undefined {
  const { geteuid, getegid, getgroups } = process;
  if (!geteuid || !getegid || !getgroups) return undefined;
  const me = { uid: geteuid(), gid: getegid(), groups: getgroups() };
  try {
    return accountFacts(
      readFileSync('/etc/passwd', 'utf8'),
      readFileSync('/etc/group', 'utf8'),
      me,
    );
  } catch {
    return undefined;
  }
}
