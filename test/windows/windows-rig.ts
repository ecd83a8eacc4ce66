// The rig of the Linux tests with vdibackup as a Windows program. The stand-in's TDS server runs natively;
// its other half is the sqlvdi.dll that COM loads.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Rig } from '../rig/rig.ts';
import type { InstanceOptions } from '../standin/instance.ts';
import { wakeWine } from './wine.ts';
import { WineProgram, type WineProgramOptions } from './wine-program.ts';

export type RunOptions = Partial<Pick<WineProgramOptions, 'env' | 'script' | 'shell' | 'stdin'>>;

export class WindowsRig {
  readonly rig: Rig;
  readonly #outputs: string;
  readonly #programs: WineProgram[] = [];

  private constructor(rig: Rig) {
    this.rig = rig;
    this.#outputs = `${rig.folder}.output`;
    mkdirSync(this.#outputs);
  }

  static async create(options: Partial<InstanceOptions> = {}): Promise<WindowsRig> {
    wakeWine();
    return new WindowsRig(
      await Rig.create({ machineName: machineName(), platform: 'Windows', ...options }),
    );
  }

  run(args: readonly string[], options: RunOptions = {}): WineProgram {
    const { server } = this.rig;
    return this.bare(['-S', `127.0.0.1,${server.port}`, '-U', 'sa', '-C', ...args], options);
  }

  /** vdibackup, or another script, with exactly these arguments. */
  bare(args: readonly string[], { env, ...options }: RunOptions = {}): WineProgram {
    const { instanceName } = this.rig.server.instance;
    const program = new WineProgram(args, {
      folder: this.rig.folder,
      env: {
        ...this.rig.environment,
        ...(instanceName !== undefined && { VDI_STANDIN_INSTANCE: instanceName }),
        ...env,
      },
      output: join(this.#outputs, `${this.#programs.length}`),
      ...options,
    });
    this.#programs.push(program);
    return program;
  }

  /** COM objects that were made and never got back to zero references. */
  get unreleased(): number {
    const count = (what: string) =>
      this.rig.judged().filter((line) => line.includes(` NOTE COM ${what} `)).length;
    return count('created') - count('gone');
  }

  async close(): Promise<void> {
    for (const program of this.#programs) program.signal('SIGKILL');
    await this.rig.close();
    rmSync(this.#outputs, { recursive: true, force: true });
  }
}

/** What Wine says this machine is called. */
function machineName(): string {
  return (hostname().split('.')[0] ?? '').toUpperCase();
}

/** As `trial` of the Linux tests, with COM's own rules added. */
export async function windowsTrial(
  leaves: readonly string[],
  body: (windows: WindowsRig) => Promise<void>,
  options: Partial<InstanceOptions> = {},
  { leavesObjects = false } = {},
): Promise<void> {
  const windows = await WindowsRig.create(options);
  try {
    await body(windows);
    assert.deepEqual(windows.rig.breaches, [], 'breaches of the VDI contract or of COM');
    if (!leavesObjects) assert.equal(windows.unreleased, 0, 'COM objects with references');
    assert.deepEqual(windows.rig.server.problems, [], 'problems of the server with its client');
    assert.deepEqual(await windows.rig.files(), [...leaves].sort(), 'what is in the folder');
  } finally {
    await windows.close();
  }
}
