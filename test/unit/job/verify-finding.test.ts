// Where a finding is, and what to do about it: what a person acts on.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import zstd from 'zstd-napi/binding.js';
import { KiB } from '../../../src/base/byte-size.ts';
import { backupBytes } from '../../rig/mtf-description.ts';
import { verify } from '../../rig/read-jobs.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const vectors = join(root, 'test', 'vectors', 'v1');

suite('a finding of verify', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'verify-finding-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function verified(name: string, bytes: Uint8Array) {
    const file = join(folder, name);
    await writeFile(file, bytes);
    const { report } = await verify([file]);
    return report.files[0];
  }

  test('in a page says at which byte, and what stands before it is good', async () => {
    const bytes = backupBytes(256 * KiB);
    const at = 128 * KiB + 100;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    const file = await verified('page.bak', bytes);
    const [damage] = file?.damage ?? [];
    assert.equal(damage?.code, 'page-checksum');
    const { rawOffset = 0 } = damage ?? {};
    assert.ok(rawOffset <= at && rawOffset > at - 8192);
    assert.match(damage?.message ?? '', new RegExp(` at byte ${rawOffset} `));
    assert.equal(file?.goodRawBytes, rawOffset);
  });

  test('of zeros in place of a block: what stands before them is good', async () => {
    const bytes = backupBytes(64 * KiB);
    const at = bytes.indexOf('SSET');
    const file = await verified('hole.bak', bytes.fill(0, at, at + 4096));
    assert.equal(file?.good, false);
    assert.equal(file?.goodRawBytes, at);
  });

  test('in a frame says at which byte of the file that begins, whichever thread found it', async () => {
    const archive = await readFile(join(vectors, 'sales.bak.zst'));
    const flipped = Buffer.from(archive);
    const at = archive.length >> 1;
    flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
    for (const bytes of [flipped, archive.subarray(0, at)]) {
      const file = await verified('sales.bak.zst', bytes);
      const { offset = 0, message } = file?.damage.at(-1) ?? {};
      assert.ok(offset > 0 && offset <= at, message);
      assert.ok(message?.includes(` at byte ${offset}`), message);
    }
  });

  test('takes no offset from the name of the file', async () => {
    const raw = backupBytes(64 * KiB);
    const packed = Buffer.alloc(zstd.compressBound(raw.length));
    const length = new zstd.CCtx().compress(packed, raw, 3);
    const file = await verified('cut at byte 42.zst', packed.subarray(0, length >> 1));
    assert.notEqual(file?.damage.length, 0);
    for (const { offset } of file?.damage ?? []) assert.notEqual(offset, 42);
  });
});
