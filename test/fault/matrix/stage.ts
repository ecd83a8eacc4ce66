// A rig of its own for one run of a scenario: its sources, its files of yesterday, a temporary folder that must stay
// empty, and what is left of all that afterwards.

import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { awaitIdle } from '../../rig/aborting.ts';
import type { Program } from '../../rig/program.ts';
import { Rig } from '../../rig/rig.ts';
import type { Fault } from '../../standin/fault.ts';
import type { Material } from './material.ts';
import type { Scenario } from './scenario.ts';

/** Pieces of a Write or Read: many enough for a first, a middle and a last one, slow enough to be met. */
export const pace: Fault = { tiny: 512 * 1024, slow: 6 };

/** The lists and restores of a chain of two. */
const mostStatements = 4;

export class Stage {
  readonly rig: Rig;
  readonly scenario: Scenario;
  readonly material: Material;

  private constructor(rig: Rig, scenario: Scenario, material: Material) {
    this.rig = rig;
    this.scenario = scenario;
    this.material = material;
  }

  static async set(scenario: Scenario, material: Material): Promise<Stage> {
    const { database } = material;
    const rig = await Rig.create({ databases: [database], ...scenario.instance });
    const stage = new Stage(rig, scenario, material);
    await mkdir(stage.temporary);
    for (const source of scenario.sources) await material.copy(source, rig.path(source));
    for (const { name, before } of scenario.targets)
      if (before !== undefined) await writeFile(rig.path(name), before);
    return stage;
  }

  get temporary(): string {
    return `${this.rig.folder}.tmp`;
  }

  /** The run of the scenario, under the eyes of the witness. */
  start(fault: string | undefined, more: StartOptions = {}): Program {
    const { scenario, rig } = this;
    const env = {
      ...rig.witnessed(fault?.replace('{folder}', rig.folder)),
      TMPDIR: this.temporary,
      ...more.env,
    };
    const args = [...scenario.args, '--threads', '2', ...(more.args ?? [])];
    return scenario.connects ? rig.run(args, { env }) : rig.bare(args, { env });
  }

  /** Scripts the statements of the run: the `set`-th goes wrong, the others keep their pace. */
  script(set: number, fault: Fault): void {
    for (let one = 1; one <= mostStatements; one += 1)
      this.rig.server.fault({ ...this.#pace(one), ...(one === set && fault) });
  }

  /** The first statement of a restore only asks for the list of files, in transfers of its own size. */
  #pace(set: number): Fault {
    const isList = set === 1 && /restore|drill/.test(this.scenario.verb);
    return isList ? { slow: pace.slow ?? 0 } : pace;
  }

  async files(): Promise<ReadonlyMap<string, Buffer>> {
    const { rig } = this;
    const found = new Map<string, Buffer>();
    for (const name of await rig.files()) {
      const isFile = (await stat(rig.path(name))).isFile();
      found.set(name, isFile ? await readFile(rig.path(name)) : Buffer.alloc(0));
    }
    return found;
  }

  /** What no run may leave: processes, temporary files, shared memory, sockets that lock. */
  async leftovers(): Promise<string[]> {
    await awaitIdle(this.rig);
    const temporary = (await readdir(this.temporary)).map((name) => `temporary file ${name}`);
    const shared = readdirSync('/dev/shm').filter((name) => /vdibackup/i.test(name));
    return [...temporary, ...shared.map((name) => `/dev/shm/${name}`), ...this.#processes()];
  }

  #processes(): string[] {
    const found: string[] = [];
    for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const words = readQuietly(`/proc/${id}/environ`);
      if (words.includes(`VDI_WITNESS_ROOT=${this.rig.folder}\0`)) found.push(`process ${id}`);
    }
    return found;
  }

  async strike(): Promise<void> {
    await this.rig.close();
    await rm(this.temporary, { recursive: true, force: true });
  }
}

export interface StartOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // ended meanwhile, or of another user
  }
}
