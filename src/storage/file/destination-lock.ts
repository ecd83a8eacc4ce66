// Two runs never write the same file. The lock is a listening socket whose name the system frees when the
// process ends, however it ends: no lock file can be left behind. It reaches as far as the name does: one
// machine on Windows, one network namespace on Linux (containers that share a volume do not see each other).
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { basename, join } from 'node:path';
import { asError, Failure } from '../../errors.js';
import type { Destination } from '../destination.js';
import { systemErrorName } from '../io-failure.js';
import { windowsPaths } from '../path-grammar.js';

/** What systems without such names (neither Linux nor Windows) answer. */
const unsupported = new Set(['EINVAL', 'ENOENT', 'ENOTSUP']);

export interface DestinationLock {
  /** Frees the lock; any number of times. The end of the process frees it too. */
  release(): Promise<void>;
}

/**
 * Takes the run lock of one destination. Failure `locked` (exit 11) when another run, or this one, holds
 * it. On systems other than Linux and Windows nothing is locked.
 */
export async function lockDestination(destination: Destination): Promise<DestinationLock> {
  const server = createServer((socket) => socket.destroy());
  try {
    await listen(server, lockName(destination));
  } catch (thrown) {
    if (unsupported.has(systemErrorName(thrown) ?? '')) return { release: async () => undefined };
    throw systemErrorName(thrown) === 'EADDRINUSE'
      ? locked(destination)
      : unlockable(destination, thrown);
  }
  // The lock must not keep a finished process alive.
  server.unref();
  return { release: () => close(server) };
}

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

function locked({ path }: Destination): Failure {
  return new Failure('locked', 'destination-locked', `${path} is being written by another run`, {
    hints: ['wait for that run to end, or choose another file name'],
  });
}

function unlockable({ path }: Destination, thrown: unknown): Failure {
  const { message } = asError(thrown);
  return new Failure('io', 'lock-failed', `cannot lock ${basename(path)}: ${message}`, {
    cause: thrown,
  });
}
