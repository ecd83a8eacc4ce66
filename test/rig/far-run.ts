// A run of the same target that the run lock's name does not reach: in another network namespace, as in a container of
// its own, or through another path of the same folder. Root only.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Program } from './program.ts';
import { binPath, password, type Rig } from './rig.ts';

export interface FarPlace {
  /** Runs vdibackup there, on this database, into the rig's `s.zst`. */
  run(args: readonly string[], env: Readonly<Record<string, string>>): Program;
  close(): Promise<void>;
}

/** What keeps this machine from such places, in a sentence. */
export function lacking(): string | undefined {
  if (process.getuid?.() !== 0) return 'namespaces and bind mounts need root';
  const missing = ['unshare', 'nsenter', 'ip', 'mount'].find(
    (program) => spawnSync('which', [program]).status !== 0,
  );
  return missing && `${missing} is not installed (util-linux, iproute2)`;
}

/** A network namespace with a SQL Server of its own, because the rig's does not reach into it. */
export async function anotherNetwork(rig: Rig, database: string): Promise<FarPlace> {
  const standin = join(import.meta.dirname, '..', 'standin', 'main.js');
  const port = await freePort();
  const words = ['--port', String(port), '--password', password, '--database', database];
  const script = 'ip link set lo up && exec "$@"';
  const server = spawn(
    'unshare',
    ['--net', 'sh', '-c', script, 'sh', process.execPath, standin, ...words],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const environment = exported(await introduction(server));
  const [name = ''] = database.split('=');
  return {
    run: (args, env) => {
      const command = [
        'nsenter',
        '--target',
        String(server.pid),
        '--net',
        process.execPath,
        binPath,
      ];
      const connection = ['-S', `127.0.0.1,${port}`, '-U', 'sa', '-C', name];
      const all = { ...rig.environment, ...environment, ...env };
      return new Program([...command, ...connection, ...args], { cwd: rig.folder, env: all });
    },
    close: async () => {
      const ended = once(server, 'close');
      server.kill('SIGKILL');
      await ended;
    },
  };
}

/** The rig's folder under another path. */
export async function anotherMount(rig: Rig, database: string): Promise<FarPlace> {
  const other = `${rig.folder}.mounted`;
  await mkdir(other);
  const script = `mount --bind "${rig.folder}" "${other}" && cd "${other}" && exec "$@"`;
  return {
    run: (args, env) => {
      const command = ['unshare', '--mount', 'sh', '-c', script, 'sh', process.execPath, binPath];
      const all = { ...rig.environment, ...env };
      return new Program([...command, ...rig.connection, database, ...args], { env: all });
    },
    close: async () => void spawnSync('rmdir', [other]),
  };
}

async function introduction({ stdout }: ChildProcess): Promise<string> {
  let text = '';
  for await (const piece of stdout ?? []) {
    text += String(piece);
    if (text.includes('Ctrl-C')) break;
  }
  return text;
}

function exported(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/^export (\w+)=(.*)$/gm)].map(([, key = '', value = '']) => [key, value]),
  );
}

/** Free here, and so in a namespace where nobody is. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}
