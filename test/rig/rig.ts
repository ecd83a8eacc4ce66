// What a test of the whole program stands on: the stand-in server, a folder that goes away, and the real
// vdibackup as a process of its own with an environment that nothing else leaks into.

import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InstanceOptions } from '../standin/instance.ts';
import { StandinServer } from '../standin/standin-server.ts';
import { Program, type ProgramOptions } from './program.ts';

// Compiled files lie in dist/test/rig, three folders below the project.
const root = fileURLToPath(new URL('../../../', import.meta.url));

export const standinFolder = join(root, 'build', 'standin');
export const libraryPath = join(standinFolder, 'libsqlvdi.so');
export const witnessPath = join(standinFolder, 'libiowitness.so');
export const binPath = join(root, 'bin', 'vdibackup.js');
/** Real backups beside the project; tests use them when they are there and never need them. */
export const corpusPath = join(root, '..', 'shared', 'corpus');
/** Real backups that are odd, each in its own way. */
export const oddCorpusPath = join(root, '..', 'shared', 'corpus-odd');

export const password = 'Str0ng!pass-word';

/** A small database of generated pages, enough for several frames. */
export const smallDatabase = {
  name: 'Sales',
  streams: { kind: 'generate', bytes: 24 * 1024 * 1024, seed: 7 },
} as const;

export class Rig {
  readonly server: StandinServer;
  readonly folder: string;
  /** How `run` connects, and what that needs in the environment; a test of another login changes both. */
  connection: readonly string[];
  connectionEnvironment: Readonly<Record<string, string>> = { SQLCMDPASSWORD: password };
  readonly #programs: Program[] = [];
  #runs = 0;

  private constructor(server: StandinServer, folder: string) {
    this.server = server;
    this.folder = folder;
    this.connection = ['-S', `127.0.0.1,${server.port}`, '-U', 'sa', '-C'];
  }

  static async create(options: Partial<InstanceOptions> = {}): Promise<Rig> {
    if (!existsSync(libraryPath))
      throw new Error('the native stand-in is not built: make -C test/standin/native');
    const folder = await mkdtemp(join(tmpdir(), 'vdibackup-test-'));
    const server = await StandinServer.start({
      login: { user: 'sa', password },
      tls: 'supported',
      databases: [smallDatabase],
      ...options,
    });
    return new Rig(server, folder);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** vdibackup with a connection to the stand-in; `args` follow the connection options. */
  run(args: readonly string[], options: ProgramOptions = {}): Program {
    return this.bare([...this.connection, ...args], options);
  }

  /** vdibackup with exactly these arguments. */
  bare(args: readonly string[], options: ProgramOptions = {}): Program {
    return this.spawn([process.execPath, binPath, ...args], options);
  }

  /** Any program, in the environment of vdibackup. */
  spawn(command: readonly string[], options: ProgramOptions = {}): Program {
    this.#runs += 1;
    const program = new Program(command, {
      cwd: this.folder,
      ...options,
      env: { ...this.environment, ...options.env },
    });
    this.#programs.push(program);
    return program;
  }

  /** What vdibackup needs in its environment to find the password, the library and the server. */
  get environment(): Record<string, string> {
    return {
      ...this.connectionEnvironment,
      VDIBACKUP_VDI_LIBRARY: libraryPath,
      VDI_STANDIN_LOG: this.judgeLog,
      ...this.server.environment,
    };
  }

  /** The I/O witness in the program's environment, watching the rig's folder; `fault` as in PROTOCOL.md. */
  witnessed(fault?: string): Record<string, string> {
    return {
      LD_PRELOAD: witnessPath,
      VDI_WITNESS_ROOT: this.folder,
      ...(fault !== undefined && { VDI_WITNESS_FAULT: fault }),
    };
  }

  get judgeLog(): string {
    return `${this.folder}.judge.log`;
  }

  /** Every line the judge has written so far. */
  judged(): string[] {
    return existsSync(this.judgeLog)
      ? readFileSync(this.judgeLog, 'utf8').split('\n').filter(Boolean)
      : [];
  }

  get breaches(): string[] {
    return this.judged().filter((line) => line.includes(' BREACH '));
  }

  /** Names in the rig's folder, sorted. */
  async files(): Promise<string[]> {
    return (await readdir(this.folder)).sort();
  }

  read(name: string): Promise<Buffer> {
    return readFile(this.path(name));
  }

  async close(): Promise<void> {
    for (const program of this.#programs) program.signal('SIGKILL');
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
    await rm(this.judgeLog, { force: true });
  }
}
