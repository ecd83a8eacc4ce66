import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createPartial } from '../../../src/job/files/run-lock.ts';
import { backgroundSyncBytes, type PartialFile } from '../../../src/storage/file/partial-file.ts';
import { publish } from '../../../src/storage/file/publication.ts';
import { asNobody, failure, sample, temporaryFolder } from '../archive/rig.ts';

const child = join(import.meta.dirname, 'child.js');
const windows = process.platform === 'win32';

async function written(path: string, bytes: Uint8Array): Promise<PartialFile> {
  const partial = await createPartial(path);
  await partial.write(bytes, 0);
  await partial.sync();
  await partial.close();
  return partial;
}

describe('partial file', () => {
  it('gets its name only when it is published', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'sales.bak');
    const partial = await written(path, sample(100));
    assert.deepEqual(await readdir(folder), ['sales.bak.partial']);
    await publish([partial], { overwrite: false });
    assert.deepEqual(await readdir(folder), ['sales.bak']);
    assert.deepEqual(new Uint8Array(readFileSync(path)), sample(100));
    assert.equal(statSync(path).nlink, 1);
    assert.equal(await partial.discard(), true);
    assert.deepEqual(await readdir(folder), ['sales.bak']);
  });

  it('is for its owner only, whatever the umask', { skip: windows }, async () => {
    const folder = await temporaryFolder();
    for (const umask of [0o000, 0o022, 0o377]) {
      const before = process.umask(umask);
      try {
        const partial = await createPartial(join(folder, `${umask}.bak`));
        assert.equal(statSync(partial.partialPath).mode & 0o7777, 0o600);
        await partial.discard();
      } finally {
        process.umask(before);
      }
    }
  });

  it('replaces a stale partial and leaves the file alone that shares its bytes', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'sales.bak');
    writeFileSync(path, 'yesterday');
    linkSync(path, `${path}.partial`);
    const partial = await createPartial(path);
    await partial.write(sample(4), 0);
    assert.equal(readFileSync(path, 'utf8'), 'yesterday');
    await partial.discard();
    assert.deepEqual(await readdir(folder), ['sales.bak']);
  });

  it('does not follow a link somebody put in its place', async () => {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, 'victim'), 'precious');
    symlinkSync(join(folder, 'victim'), join(folder, 'sales.bak.partial'));
    const partial = await createPartial(join(folder, 'sales.bak'));
    await partial.write(sample(4), 0);
    await partial.discard();
    assert.equal(readFileSync(join(folder, 'victim'), 'utf8'), 'precious');
  });

  it('cannot be created over a folder or in none', async () => {
    const folder = await temporaryFolder();
    mkdirSync(join(folder, 'a.bak.partial'));
    await assert.rejects(createPartial(join(folder, 'a.bak')), /cannot replace a\.bak\.partial: /);
    const nowhere = createPartial(join(folder, 'none', 'a.bak'));
    await assert.rejects(
      nowhere,
      failure('io', 'not-found', /^cannot create a\.bak\.partial: .*\(ENOENT\)$/),
    );
  });

  it('takes writes at any position, also from shared memory', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'a.bak');
    const partial = await createPartial(path);
    const shared = new Uint8Array(new SharedArrayBuffer(10)).fill(7).subarray(2, 5);
    await partial.write(sample(3), 3);
    await partial.write(shared, 0);
    await partial.close();
    await publish([partial], { overwrite: false });
    assert.deepEqual([...readFileSync(path)], [7, 7, 7, ...sample(3)]);
  });

  for (const extra of [-1, 0, 1]) {
    it(`syncs in the background while it grows: ${backgroundSyncBytes}${extra} bytes`, async () => {
      const folder = await temporaryFolder();
      const path = join(folder, 'big.bak');
      const partial = await createPartial(path);
      const piece = new Uint8Array(backgroundSyncBytes + extra).fill(1);
      await partial.write(piece, 0);
      await partial.write(piece.subarray(0, 10), piece.length);
      await partial.sync();
      await partial.close();
      await publish([partial], { overwrite: false });
      assert.equal(statSync(path).size, piece.length + 10);
    });
  }

  it('never replaces a file that appeared meanwhile, and keeps the finished one', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'sales.bak');
    const partial = await written(path, sample(5));
    writeFileSync(path, 'other');
    await assert.rejects(
      publish([partial], { overwrite: false }),
      failure(
        'io',
        'file-exists',
        /sales\.bak appeared meanwhile; the finished backup is kept as .*partial$/,
      ),
    );
    assert.equal(readFileSync(path, 'utf8'), 'other');
    assert.equal(await partial.discard(), true);
    assert.equal(statSync(`${path}.partial`).size, 5);
  });

  it('replaces a file when it is told to', async () => {
    const path = join(await temporaryFolder(), 'sales.bak');
    writeFileSync(path, 'yesterday');
    const partial = await written(path, sample(5));
    assert.equal(readFileSync(path, 'utf8'), 'yesterday');
    await publish([partial], { overwrite: true });
    assert.deepEqual([...readFileSync(path)], [...sample(5)]);
  });

  it('is kept when it cannot be renamed', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'sales.bak');
    const partial = await written(path, sample(5));
    mkdirSync(path);
    writeFileSync(join(path, 'full'), '');
    await assert.rejects(publish([partial], { overwrite: true }), (error: Error) => {
      assert.match(error.message, /^cannot rename sales\.bak\.partial to sales\.bak: .*kept as/);
      return true;
    });
    await partial.discard();
    assert.equal(statSync(`${path}.partial`).size, 5);
  });

  it('is discarded in any state, any number of times', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'a.bak');
    const open = await createPartial(path);
    const busy = open.write(new Uint8Array(8 << 20), 0);
    const results = await Promise.all([
      open.discard(),
      open.discard(),
      busy.catch(() => undefined),
    ]);
    assert.deepEqual(results.slice(0, 2), [true, true]);
    await assert.rejects(open.write(sample(1), 0), /internal error/);
    await assert.rejects(open.close(), /internal error/);
    const closed = await written(path, sample(1));
    assert.equal(await closed.discard(), true);
    assert.deepEqual(await readdir(folder), []);
    await assert.rejects(publish([closed], { overwrite: true }), /internal error/);
  });

  it('discarded while it is being published waits and is published', async () => {
    const folder = await temporaryFolder();
    const partial = await written(join(folder, 'a.bak'), sample(1));
    const published = publish([partial], { overwrite: false });
    assert.equal(await partial.discard(), true);
    assert.deepEqual(await readdir(folder), ['a.bak'], 'it waited');
    await published;
    assert.deepEqual(await readdir(folder), ['a.bak']);
  });

  it('can be kept', async () => {
    const folder = await temporaryFolder();
    const partial = await written(join(folder, 'a.bak'), sample(1));
    partial.keep();
    await partial.discard();
    assert.deepEqual(await readdir(folder), ['a.bak.partial']);
  });

  it('that lost its name meanwhile is not durable', async () => {
    const partial = await createPartial(join(await temporaryFolder(), 'a.bak'));
    await partial.write(sample(1), 0);
    rmSync(partial.partialPath);
    const lost = failure('io', 'not-found', /^cannot finish a\.bak\.partial: /);
    await assert.rejects(partial.sync(), lost);
    assert.equal(await partial.discard(), true);
  });

  it('closed twice or published open is an internal error', async () => {
    const folder = await temporaryFolder();
    const partial = await createPartial(join(folder, 'a.bak'));
    await assert.rejects(publish([partial], { overwrite: false }), /internal error/);
    await partial.close();
    await assert.rejects(partial.close(), /internal error/);
    await assert.rejects(partial.write(sample(1), 0), /internal error/);
    await partial.discard();
  });

  it('says when it could not be removed', { skip: windows }, async () => {
    const folder = await temporaryFolder();
    const partial = await createPartial(join(folder, 'a.bak'));
    chmodSync(folder, 0o555);
    await asNobody(async () => assert.equal(await partial.discard(), false));
    chmodSync(folder, 0o700);
  });

  it('reports the size limit of the process as a full disk (EFBIG)', {
    skip: windows,
  }, async () => {
    const folder = await temporaryFolder();
    const script = 'ulimit -f 4096; exec "$0" "$@"';
    const args = ['-c', script, process.execPath, child, 'file', join(folder, 'a.bak'), '20000000'];
    const run = spawnSync('/bin/sh', args, { encoding: 'utf8' });
    const seen = JSON.parse(run.stderr.trim().split('\n').at(-1) ?? '');
    assert.deepEqual(seen, {
      message: 'cannot write a.bak.partial: file too large (EFBIG)',
      kind: 'io',
      code: 'file-too-large',
      win32: 112,
    });
    assert.deepEqual(await readdir(folder), []);
  });

  it('reports a full file system, and leaves nothing on it', async (test) => {
    const folder = await temporaryFolder();
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]);
    // Only root may mount; the test above shows the same with a limit on file size. Where it can run it must.
    if (process.getuid?.() !== 0) return test.skip('only root can mount a small file system');
    assert.equal(mount.status, 0, mount.stderr.toString());
    try {
      const partial = await createPartial(join(folder, 'sales.bak'));
      const full = failure(
        'io',
        'disk-full',
        /^cannot write sales\.bak\.partial: no space left on device \(ENOSPC\)$/,
      );
      const seen: unknown[] = [];
      const write = partial.write(new Uint8Array(5 << 20), 0);
      await assert.rejects(write, full);
      await write.catch((error) => seen.push(error));
      await partial.write(sample(1), 0).catch((error) => seen.push(error));
      await partial.sync().catch((error) => seen.push(error));
      assert.equal(new Set(seen).size, 1);
      assert.equal((seen[0] as { win32: number }).win32, 112);
      assert.equal(statSync(partial.partialPath).size, 4 << 20);
      assert.equal(await partial.discard(), true);
      assert.deepEqual(await readdir(folder), []);
    } finally {
      spawnSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
