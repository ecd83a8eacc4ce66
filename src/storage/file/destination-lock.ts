// Two runs never write the same file. This lock is there before any file is: a listening socket whose name the system
// frees when the process ends, however it ends. It reaches as far as the name does: one machine on Windows, one network
// namespace on Linux. Beyond that, and against whoever only pretends to be a run, the lock on the partial file decides
// (file-lock.ts), which a run takes when it creates the file.
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { basename, join } from 'node:path';
import { asError, Failure } from '../../base/errors.ts';
import type { Destination } from '../destination.ts';
import { systemErrorName } from '../io-failure.ts';
import { windowsPaths } from '../path-grammar.ts';
import { beingWritten, type LockHolder } from './file-lock.ts';

/** What systems without such names (neither Linux nor Windows) answer. */
const unsupported = new Set(['EINVAL', 'ENOENT', 'ENOTSUP']);

export interface DestinationLock {
  /** Frees the lock; any number of times. The end of the process frees it too. */
  release(): Promise<void>;
}

/** Who listens on a name, and whether that has to be believed; undefined when the system does not say. */
type SocketHolder = (name: string) => Promise<(LockHolder & { trusted: boolean }) | undefined>;

/**
 * Takes the run lock of one destination. Failure `locked` (exit 11) when another run, or this one, holds
 * it. On systems other than Linux and Windows nothing is locked.
 */
export async function lockDestination(
  destination: Destination,
  socketHolder: SocketHolder,
): Promise<DestinationLock> {
  const name = lockName(destination);
  const lock = await listenTo(name, destination);
  if (lock) return lock;
  const holder = await socketHolder(name);
  // Any user of the machine can take any name: only this account and those above it keep a run from its work by one.
  if (holder?.trusted) throw beingWritten(destination.path, holder);
  // A holder that is not there has just ended.
  return (holder ? undefined : await listenTo(name, destination)) ?? noLock;
}

/** Undefined when somebody else has the name. */
async function listenTo(
  name: string,
  destination: Destination,
): Promise<DestinationLock | undefined> {
  const server = createServer((socket) => socket.destroy());
  try {
    await listen(server, name);
  } catch (thrown) {
    const error = systemErrorName(thrown) ?? '';
    if (error === 'EADDRINUSE') return undefined;
    if (unsupported.has(error)) return noLock;
    throw unlockable(destination, thrown);
  }
  // The lock must not keep a finished process alive.
  server.unref();
  return { release: () => close(server) };
}

const noLock: DestinationLock = { release: async () => undefined };

function lockName({ folder, name }: Destination): string {
  const path = windowsPaths ? join(folder, name).toLowerCase() : join(folder, name);
  const id = `vdibackup-${createHash('sha256').update(path).digest('hex')}`;
  return windowsPaths ? `\\\\.\\pipe\\${id}` : `\0${id}`;
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path, exclusive: true }, () => {
      server.off('error', reject);
      // A failed accept is not our concern: nobody has business here.
      server.on('error', () => undefined);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function unlockable({ path }: Destination, thrown: unknown): Failure {
  const { message } = asError(thrown);
  return new Failure('lock-failed', `cannot lock ${basename(path)}: ${message}`, {
    cause: thrown,
  });
}
