// The seek table of an archive whose frames are too long for a slot, and are read as one stream.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { MiB } from '../../../src/base/byte-size.ts';
import { writeArchive } from '../../rig/make-archive.ts';
import { backupBytes } from '../../rig/mtf-description.ts';
import { verify } from '../../rig/read-jobs.ts';

const frameSize = 8 * MiB;
const entryBytes = 12;
const [stored, decompressed, checksum] = [0, 4, 8];

suite('a seek table of frames too long for a slot', () => {
  let folder: string;
  let archive: Buffer;
  /** Of the first frame. */
  let entryAt: number;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'listed-frames-'));
    await writeArchive(join(folder, 'good'), [backupBytes(18 * MiB)], { frameSize });
    archive = await readFile(join(folder, 'good'));
    const entries = archive.readUInt32LE(archive.length - 9);
    assert.equal(entries, 5);
    entryAt = archive.length - (entries * entryBytes + 9) + entryBytes;
  });
  after(() => rm(folder, { recursive: true }));

  async function verified(edit: (bytes: Buffer) => void) {
    const bytes = Buffer.from(archive);
    edit(bytes);
    await writeFile(join(folder, 'edited'), bytes);
    const { exitCode, report } = await verify([join(folder, 'edited')]);
    const [file] = report.files;
    return { exitCode, frames: file?.frames, message: file?.damage[0]?.message ?? 'none' };
  }

  function add(bytes: Buffer, entry: number, field: number, count: number): void {
    const at = entryAt + entry * entryBytes + field;
    bytes.writeUInt32LE((bytes.readUInt32LE(at) + count) >>> 0, at);
  }

  test('that is good, and every frame of it is counted', async () => {
    const frames = { checked: 3, bad: 0 };
    assert.deepEqual(await verified(() => undefined), { exitCode: 0, frames, message: 'none' });
  });

  test('with the checksum of another frame', async () => {
    for (const entry of [0, 1, 2]) {
      const { exitCode, message } = await verified((bytes) => add(bytes, entry, checksum, 1));
      assert.equal(exitCode, 9);
      assert.match(message, new RegExp(`frame ${entry + 1} at byte \\d+ has another checksum`));
    }
  });

  test('with stored or raw bytes that belong to the next frame', async () => {
    for (const [field, words] of [
      [stored, /frame 2 at byte \d+ does not end where the seek table says/],
      [decompressed, /frame 2 at byte \d+ says it holds 8388608 raw bytes, not 8388508/],
    ] as const) {
      const { exitCode, message } = await verified((bytes) => {
        add(bytes, 1, field, -100);
        add(bytes, 2, field, 100);
      });
      assert.equal(exitCode, 9);
      assert.match(message, words);
    }
  });
});
