// Where `--log-file` leads, and whose file it is.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { linkTarget } from '../../../src/cli/files/link-target.ts';
import { openLog } from '../../../src/cli/files/log-descriptor.ts';

const stranger = 65_534;
const isRoot = process.geteuid?.() === 0;

suite('a log', { skip: process.platform === 'win32' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'log-descriptor-'));
  const at = (name: string) => join(folder, name);
  after(() => rmSync(folder, { recursive: true }));
  const everybodys = at('everybodys');
  mkdirSync(everybodys);
  chmodSync(everybodys, 0o1777);

  test('that a link leads to is made there, for its owner only, and the link stays', async () => {
    symlinkSync('real.log', at('link.log'));
    const { descriptor } = await openLog(at('link.log'));
    writeSync(descriptor, 'one\n');
    closeSync(descriptor);
    assert.equal(readFileSync(at('real.log'), 'utf8'), 'one\n');
    assert.equal(statSync(at('real.log')).mode & 0o777, 0o600);
    assert.ok(lstatSync(at('link.log')).isSymbolicLink());
  });

  test('is appended to', async () => {
    writeFileSync(at('old.log'), 'old\n');
    const { descriptor } = await openLog(at('old.log'));
    writeSync(descriptor, 'new\n');
    closeSync(descriptor);
    assert.equal(readFileSync(at('old.log'), 'utf8'), 'old\nnew\n');
  });

  test('may be a link in a folder that everybody may write to, if it is our own', async () => {
    symlinkSync(at('own.log'), join(everybodys, 'own'));
    closeSync((await openLog(join(everybodys, 'own'))).descriptor);
  });

  test('is no ring of links', async () => {
    symlinkSync('ring', at('ring'));
    await assert.rejects(openLog(at('ring')), { kind: 'usage' });
    await assert.rejects(linkTarget(at('ring')), /too many symbolic links/);
  });

  for (const [kind, make] of [
    ['link', (path: string) => symlinkSync(at('victim'), path)],
    ['link to nothing', (path: string) => symlinkSync(at('nothing'), path)],
    ['file', (path: string) => writeFileSync(path, '')],
    ['pipe', (path: string) => execFileSync('mkfifo', [path])],
  ] as const)
    test(`is no ${kind} of another user in such a folder, and one elsewhere is`, async (context) => {
      if (!isRoot) return context.skip('only root can make files of others');
      writeFileSync(at('victim'), 'untouched');
      const path = join(everybodys, kind);
      make(path);
      lchownSync(path, stranger, stranger);
      await assert.rejects(openLog(path), {
        kind: 'usage',
        message: /of another user in a folder/,
      });
      assert.equal(readFileSync(at('victim'), 'utf8'), 'untouched');
      chmodSync(everybodys, 0o755);
      if (kind !== 'pipe') closeSync((await openLog(path)).descriptor);
      chmodSync(everybodys, 0o1777);
    });

  test('may belong to the owner of such a folder', async (context) => {
    if (!isRoot) return context.skip('only root can make files of others');
    const theirs = at('theirs');
    mkdirSync(theirs);
    writeFileSync(join(theirs, 'log'), '');
    chownSync(join(theirs, 'log'), stranger, stranger);
    chownSync(theirs, stranger, stranger);
    chmodSync(theirs, 0o1777);
    closeSync((await openLog(join(theirs, 'log'))).descriptor);
  });
});
