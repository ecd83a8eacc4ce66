import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { checkDestinations, maxNameLength } from '../../../src/storage/destination.ts';
import { lockDestination } from '../../../src/storage/file/destination-lock.ts';
import { socketHolder } from '../../../src/system/lock/socket-peer.ts';
import { asNobody, failure, temporaryFolder } from '../archive/rig.ts';

const windows = process.platform === 'win32';
const fresh = { overwrite: false };

describe('destinations', () => {
  it('are given back absolute, with the real folder', async () => {
    const folder = await temporaryFolder();
    mkdirSync(join(folder, 'real'));
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    const [one] = await checkDestinations([join(folder, 'link', '..', 'link', 'a.bak')], fresh);
    assert.deepEqual(one, {
      path: join(folder, 'link', 'a.bak'),
      folder: realpathSync(join(folder, 'real')),
      name: 'a.bak',
    });
    assert.deepEqual(readdirSync(join(folder, 'real')), []);
  });

  it('may exist only with overwrite', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'a.bak');
    writeFileSync(path, '');
    symlinkSync('nowhere', join(folder, 'dangling'));
    const exists = failure('io', 'file-exists', /a\.bak: it exists already$/);
    await assert.rejects(checkDestinations([path], fresh), exists);
    await checkDestinations([path], { overwrite: true });
    const dangling = checkDestinations([join(folder, 'dangling')], fresh);
    await assert.rejects(dangling, failure('io', 'file-exists'));
  });

  it('are files in folders', async () => {
    const folder = await temporaryFolder();
    mkdirSync(join(folder, 'sub'));
    symlinkSync('sub', join(folder, 'link'));
    writeFileSync(join(folder, 'file'), '');
    const check = (path: string) => checkDestinations([path], { overwrite: true });
    const isFolder = failure('io', 'is-a-folder');
    await assert.rejects(check(join(folder, 'sub')), isFolder);
    await assert.rejects(check(join(folder, 'link')), isFolder);
    await assert.rejects(check(`${folder}/sub/`), failure('usage', 'unusable-name'));
    await assert.rejects(check('.'), failure('usage', 'unusable-name'));
    await assert.rejects(check('/'), failure('usage', 'unusable-name'));
    await assert.rejects(check(''), failure('usage', 'unusable-name'));
    const noFolder = failure(
      'io',
      'not-found',
      /cannot write in .*none: no such file or directory/,
    );
    await assert.rejects(check(join(folder, 'none', 'a.bak')), noFolder);
    await assert.rejects(check(join(folder, 'file', 'a.bak')), failure('io', 'not-a-folder'));
    await assert.rejects(check('/dev/null'), failure('io', 'not-a-file'));
  });

  it('have names that a file can have', async () => {
    const folder = await temporaryFolder();
    const check = (name: string) => checkDestinations([join(folder, name)], fresh);
    const most = maxNameLength - '.partial'.length;
    for (const length of [most - 1, most]) await check('x'.repeat(length));
    const tooLong = failure('usage', 'name-too-long');
    await assert.rejects(check('x'.repeat(most + 1)), tooLong);
    if (process.platform !== 'win32') await assert.rejects(check('ü'.repeat(124)), tooLong);
    for (const name of ['a\0b', 'a\nb', 'a\u001b[1mb']) {
      await assert.rejects(check(name), failure('usage', 'unusable-name', /control character/));
    }
    await assert.rejects(check('a\0/b'), failure('usage', 'unusable-name'));
  });

  it('are all different files', async () => {
    const folder = await temporaryFolder();
    mkdirSync(join(folder, 'real'));
    symlinkSync('real', join(folder, 'link'));
    const twice = failure('usage', 'same-file-twice');
    const pairs = [
      ['real/a.bak', 'real/a.bak'],
      ['real/a.bak', 'link/a.bak'],
      ['real/a.bak', 'real/../link/./a.bak'],
      ['real/a.bak', 'real/A.BAK'],
      ['real/é.bak', 'real/e\u0301.bak'],
      ['real/a.bak', 'real/a.bak.partial'],
      ['real/a.bak.partial', 'real/a.bak'],
    ];
    for (const pair of pairs) {
      const paths = pair.map((name) => join(folder, name));
      await assert.rejects(checkDestinations(paths, fresh), twice, pair.join());
    }
    const words = (...names: string[]) =>
      checkDestinations(
        names.map((name) => join(folder, name)),
        fresh,
      ).then(
        () => assert.fail('they were taken'),
        ({ message }: Error) => message,
      );
    assert.match(await words('a', 'a.sha256', 'a.sha256'), /two files would be written there$/);
    assert.match(await words('a', 'a.partial'), /a\.partial is what \S+\/a is called while/);
    assert.match(await words('a', './A'), /it is the same file as \S+\/a$/);
    await checkDestinations([join(folder, 'a.bak'), join(folder, 'real', 'a.bak')], fresh);
  });

  it('lie in a folder that can be written', { skip: windows }, async () => {
    const folder = await temporaryFolder();
    chmodSync(folder, 0o555);
    // A process of its own: access() asks for the real user, and root may write anywhere.
    const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const args = [join(import.meta.dirname, 'child.js'), 'check', join(folder, 'a.bak')];
    const run = spawnSync(process.execPath, args, { ...account, encoding: 'utf8' });
    assert.match(
      run.stderr,
      /permission denied \(EACCES\)","kind":"io","code":"access-denied","win32":5/,
    );
    chmodSync(folder, 0o700);
  });
});

describe('destination lock', () => {
  const supported = process.platform === 'linux' || process.platform === 'win32';
  const destination = (folder: string, name: string) => ({
    path: join(folder, name),
    folder,
    name,
  });

  it('is held once', { skip: !supported }, async () => {
    const folder = await temporaryFolder();
    const lock = await lockDestination(destination(folder, 'a.bak'), socketHolder);
    const held = failure(
      'locked',
      'destination-locked',
      /a\.bak is being written by another run \(process \d+ of user \d+, started 20\S+Z\)$/,
    );
    await assert.rejects(lockDestination(destination(folder, 'a.bak'), socketHolder), held);
    const other = await lockDestination(destination(folder, 'b.bak'), socketHolder);
    await lock.release();
    await lock.release();
    await (await lockDestination(destination(folder, 'a.bak'), socketHolder)).release();
    await other.release();
    assert.deepEqual(readdirSync(folder), []);
  });

  it('ends with the process that held it, even when it was killed', {
    skip: !supported,
  }, async () => {
    const folder = await temporaryFolder();
    const child = join(import.meta.dirname, 'child.js');
    const holder = spawn(process.execPath, [child, 'lock', folder, 'a.bak'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await once(holder.stderr, 'data');
    await assert.rejects(
      lockDestination(destination(folder, 'a.bak'), socketHolder),
      failure('locked', 'destination-locked'),
    );
    holder.kill('SIGKILL');
    await once(holder, 'close');
    await (await lockDestination(destination(folder, 'a.bak'), socketHolder)).release();
  });

  it('does not count in the hands of another user, who could take any', async (test) => {
    if (process.platform !== 'linux' || process.getuid?.() !== 0)
      return test.skip('only root can become another user');
    const folder = await temporaryFolder();
    const child = join(import.meta.dirname, 'child.js');
    const holder = spawn(process.execPath, [child, 'lock', folder, 'a.bak'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      uid: 65534,
      gid: 65534,
    });
    await once(holder.stderr, 'data');
    const place = destination(folder, 'a.bak');
    await (await lockDestination(place, socketHolder)).release();
    const asItsOwn = asNobody(() => lockDestination(place, socketHolder).then(() => undefined));
    await assert.rejects(asItsOwn, failure('locked', 'destination-locked', /of user 65534/));
    holder.kill('SIGKILL');
    await once(holder, 'close');
  });

  it('counts in the hands of root', async (test) => {
    if (process.platform !== 'linux' || process.getuid?.() !== 0)
      return test.skip('only root can become another user');
    const place = destination(await temporaryFolder(), 'a.bak');
    const lock = await lockDestination(place, socketHolder);
    const asAnother = asNobody(() => lockDestination(place, socketHolder).then(() => undefined));
    await assert.rejects(asAnother, failure('locked', 'destination-locked', /of user 0/));
    await lock.release();
  });
});

describe('a target that cannot be replaced is known before the work', () => {
  const again = { overwrite: true };

  it('in a sticky folder, of another account', async (test) => {
    if (process.getuid?.() !== 0) return test.skip('only root can become another account');
    const folder = await temporaryFolder();
    const path = join(folder, 'a.bak');
    writeFileSync(path, 'of root');
    chmodSync(folder, 0o1777);
    await checkDestinations([path], again);
    const guarded = failure('io', 'access-denied', /user 0\) and its folder is sticky$/);
    await asNobody(() => assert.rejects(checkDestinations([path], again), guarded));
    // The new name itself is free.
    await asNobody(async () => {
      await checkDestinations([join(folder, 'b.bak')], again);
    });
    chmodSync(folder, 0o777);
    await asNobody(async () => {
      await checkDestinations([path], again);
    });
  });

  for (const attribute of ['i', 'a'])
    it(`with the attribute ${attribute}`, async (test) => {
      const folder = await temporaryFolder();
      const path = join(folder, 'a.bak');
      writeFileSync(path, 'yesterday');
      await checkDestinations([path], again);
      const set = spawnSync('chattr', [`+${attribute}`, path]);
      if (set.status !== 0) return test.skip('only root can set it, where the file system has it');
      try {
        const frozen = failure('io', 'access-denied', /it is immutable or append-only$/);
        await assert.rejects(checkDestinations([path], again), frozen);
      } finally {
        spawnSync('chattr', [`-${attribute}`, path]);
      }
    });

  it('by a folder in the place of its second name', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'a.bak');
    writeFileSync(path, 'yesterday');
    mkdirSync(`${path}.previous.partial`);
    await assert.rejects(checkDestinations([path], again), failure('io', 'is-a-folder'));
  });

  it('by the length of its second name', async () => {
    const folder = await temporaryFolder();
    const most = maxNameLength - '.previous.partial'.length;
    await checkDestinations([join(folder, 'x'.repeat(most))], again);
    const long = checkDestinations([join(folder, 'x'.repeat(most + 1))], again);
    await assert.rejects(long, failure('usage', 'name-too-long'));
  });
});
