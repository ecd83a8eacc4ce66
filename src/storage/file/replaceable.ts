// Whether the file that bears a final name can be replaced later: asked before the work, because the rename that would
// tell comes when SQL Server has finished. POSIX only.

import { constants, type Stats } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../../base/errors.ts';
import { ERROR_ACCESS_DENIED } from '../../base/platform/win32.ts';
import { systemErrorName } from '../io-failure.ts';
import { windowsPaths } from '../path-grammar.ts';

/** S_ISVTX of a folder: only its owner, or a file's, may rename or remove the file (unlink(2), EPERM). */
const stickyBit = 0o1000;
/** The capability that is above that rule, capabilities(7). */
const CAP_FOWNER = 3n;

/** `found` is what bears `target`, a link itself. Failure `io` (exit 8), `access-denied`. */
export async function refuseUnreplaceable(
  target: string,
  path: string,
  found: Stats,
): Promise<void> {
  if (windowsPaths) return;
  if (await isGuarded(dirname(target), found)) {
    const why = `it belongs to another account (user ${found.uid}) and its folder is sticky`;
    throw unreplaceable(path, why, 'choose another name, or let its owner remove it');
  }
  if (found.isFile() && (await isFrozen(target))) {
    const why = 'it is immutable or append-only';
    throw unreplaceable(path, why, `choose another name, or allow it: chattr -i -a "${path}"`);
  }
}

async function isGuarded(folder: string, found: Stats): Promise<boolean> {
  const { mode, uid } = await stat(folder);
  const me = process.geteuid?.();
  if ((mode & stickyBit) === 0 || me === uid || me === found.uid) return false;
  return !(await mayRenameAnything(me));
}

/** Root has it, but not in every container. */
async function mayRenameAnything(uid: number | undefined): Promise<boolean> {
  const status = await readFile('/proc/self/status', 'latin1').catch(() => '');
  const digits = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  if (digits === undefined) return uid === 0;
  return ((BigInt(`0x${digits}`) >> CAP_FOWNER) & 1n) === 1n;
}

/** EPERM is the answer to nothing else (open(2)); who may not write the file at all is told EACCES, and may replace it. */
async function isFrozen(target: string): Promise<boolean> {
  try {
    const flags = constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    await (await open(target, flags)).close();
    return false;
  } catch (thrown) {
    return systemErrorName(thrown) === 'EPERM';
  }
}

function unreplaceable(path: string, why: string, hint: string): Failure {
  return new Failure('access-denied', `cannot replace ${path}: ${why}`, {
    hints: [hint],
    win32: ERROR_ACCESS_DENIED,
  });
}
