// What the runs read: a full backup and a log of one database, as archives and as SQL Server sent them. Made once by
// vdibackup itself, before any fault.

import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MiB } from '../../../src/base/byte-size.ts';
import { Rig } from '../../rig/rig.ts';
import { decompressAll } from '../../rig/zstd.ts';
import type { DatabaseDescription } from '../../standin/instance.ts';
import type { Source } from './scenario.ts';

/** Three frames of 4 MiB, the last of them not full: a first, a middle and a last one. */
const databaseBytes = 9 * MiB;

export class Material {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<Material> {
    const material = new Material(await mkdtemp(join(tmpdir(), 'vdibackup-matrix-')));
    const streams = { kind: 'generate', bytes: databaseBytes, seed: 11 } as const;
    const rig = await Rig.create({ databases: [{ name: 'Sales', streams }] });
    try {
      await material.#take(rig, 'full');
      await material.#take(rig, 'log');
    } finally {
      await rig.close();
    }
    return material;
  }

  async #take(rig: Rig, type: 'full' | 'log'): Promise<void> {
    const { code, stderr } = await rig.run(['Sales', `${type}.zst`, '--type', type]).ended;
    assert.equal(code, 0, stderr);
    await copyFile(rig.path(`${type}.zst`), this.path(`${type}.zst`));
    await writeFile(this.path(`${type}.bak`), decompressAll(await rig.read(`${type}.zst`)));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** A database whose backups are these, at no cost. */
  get database(): DatabaseDescription {
    return {
      name: 'Sales',
      hasFullBackup: true,
      streams: { kind: 'file', path: this.path('full.bak') },
      log: { kind: 'file', path: this.path('log.bak') },
    };
  }

  async copy(source: Source, to: string): Promise<void> {
    await copyFile(this.path(source), to);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
