// How the file that a run writes comes into its hands: made anew or taken up, locked, and known by its identity.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { systemErrorName } from '../io-failure.ts';
import { bears, type FileIdentity, fileAt, fileOf, isSame } from './file-identity.ts';
import { beingWritten, type LockFile } from './file-lock.ts';
import { removed } from './file-name.ts';

/** Backups hold a whole database: nobody but the owner reads them. */
const fileMode = 0o600;

export interface Born {
  readonly file: FileHandle;
  readonly identity: FileIdentity;
  readonly unlock: () => Promise<void>;
}

/** A new file, locked; one that another run looks at in this moment is left to it. */
export async function bear(partialPath: string, lockFile: LockFile): Promise<Born> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  const file = await open(partialPath, flags, fileMode);
  try {
    const identity = await fileOf(file);
    const answer = await lockFile({ descriptor: file.fd, path: partialPath });
    if (answer.kind === 'held') throw beingWritten(basename(partialPath), answer.holder);
    await exactMode(file);
    if (!isSame(await fileAt(partialPath), identity)) throw beingWritten(basename(partialPath));
    const unlock = answer.kind === 'locked' ? answer.release : async () => undefined;
    return { file, identity, unlock };
  } catch (thrown) {
    const identity = await fileOf(file);
    await file.close();
    if (await bears(partialPath, identity)) await removed(partialPath);
    throw thrown;
  }
}

/** What another run wrote and left, locked. */
export async function takeUp(path: string, lockFile: LockFile): Promise<Born & { bytes: number }> {
  // Neither exists on Windows.
  const careful = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const file = await open(path, constants.O_RDWR | careful);
  try {
    const { size, ...identity } = await fileOf(file);
    const answer = await lockFile({ descriptor: file.fd, path });
    if (answer.kind === 'held') throw beingWritten(basename(path), answer.holder);
    const unlock = answer.kind === 'locked' ? answer.release : async () => undefined;
    return { file, identity, unlock, bytes: Number(size) };
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

/** umask takes bits away at creation; fchmod gives exactly these. */
async function exactMode(file: FileHandle): Promise<void> {
  try {
    await file.chmod(fileMode);
  } catch (thrown) {
    // File systems without modes (exFAT, some shares) refuse; they have nothing to protect with.
    const { mode } = await file.stat();
    if ((mode & 0o777) !== fileMode && systemErrorName(thrown) !== 'EPERM') throw thrown;
  }
}
