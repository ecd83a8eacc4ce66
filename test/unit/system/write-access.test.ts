// Who may change a file, by its owner and mode and by those of the folders and links on the way to it.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import {
  type Access,
  type Part,
  weaknessOf,
  weaknessOnTheWay,
} from '../../../src/system/code/write-access.ts';

const me = 1000;
const stat = (mode: number, uid = 0, gid = 0, kind = 'folder'): Access => ({
  uid,
  gid,
  mode,
  isSymbolicLink: () => kind === 'link',
  isDirectory: () => kind === 'folder',
});

suite('an owner and a mode', () => {
  const cases: readonly [string, Access, Part, string | undefined][] = [
    ["root's", stat(0o755), 'content', undefined],
    ["this account's", stat(0o755, me, me), 'content', undefined],
    ["somebody else's", stat(0o755, 65534), 'content', 'belongs to uid 65534 (mode 0755)'],
    ["SQL Server's", stat(0o755, 10001), 'way', 'belongs to uid 10001 (mode 0755)'],
    ['for everyone', stat(0o777), 'content', 'is writable by everyone (mode 0777)'],
    ['for everyone, on the way', stat(0o757), 'way', 'is writable by everyone (mode 0757)'],
    ['for a group', stat(0o775, 0, 50), 'content', 'is writable by the group 50 (mode 0775)'],
    ['for our own group', stat(0o775, me, me), 'way', 'is writable by the group 1000 (mode 0775)'],
    ["for root's group", stat(0o775), 'content', undefined],
    ['sticky, on the way', stat(0o1777), 'way', undefined],
    ['sticky, with content', stat(0o1777), 'content', 'is writable by everyone (mode 1777)'],
    ["somebody else's, sticky", stat(0o1777, 5), 'way', 'belongs to uid 5 (mode 1777)'],
    [
      'a file with the sticky bit',
      stat(0o1777, 0, 0, 'file'),
      'way',
      'is writable by everyone (mode 1777)',
    ],
    ['a link', stat(0o777, 0, 0, 'link'), 'way', undefined],
    ["somebody else's link", stat(0o777, 5, 5, 'link'), 'way', 'belongs to uid 5 (mode 0777)'],
  ];
  for (const [what, access, part, why] of cases)
    test(`${what}: ${why ?? 'nobody else may change it'}`, () => {
      assert.equal(weaknessOf('/opt/x', access, me, part)?.why, why);
    });

  test('the fix is one command for owner and mode', () => {
    const fix = (access: Access, path = '/opt/x') => weaknessOf(path, access, me)?.fix;
    assert.equal(fix(stat(0o755, 5)), 'sudo chown -h root /opt/x');
    assert.equal(fix(stat(0o777)), 'sudo chmod go-w /opt/x');
    assert.equal(
      fix(stat(0o777, 5), '/opt/a b'),
      "sudo chown -h root '/opt/a b' && sudo chmod go-w '/opt/a b'",
    );
    assert.equal(fix(stat(0o777, 5, 5, 'link')), 'sudo chown -h root /opt/x');
  });
});

suite('the way to a file', () => {
  const uid = process.geteuid?.() ?? -1;
  /** Folders closed/, open/ (0777) and shared/ (1777), each with library.so, below a folder of ours in a sticky one. */
  function within(body: (folder: string) => void): void {
    const folder = mkdtempSync(join(tmpdir(), 'vdibackup-access-'));
    try {
      for (const [name, mode] of [
        ['closed', 0o755],
        ['open', 0o777],
        ['shared', 0o1777],
      ] as const) {
        mkdirSync(join(folder, name));
        chmodSync(join(folder, name), mode);
        writeFileSync(join(folder, name, 'library.so'), '', { mode: 0o644 });
      }
      body(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test('a closed file in closed folders, below a sticky one, is nobody else’s', () =>
    within((folder) => {
      for (const name of ['closed', 'shared'])
        assert.equal(weaknessOnTheWay(join(folder, name, 'library.so'), uid), undefined);
    }));

  test('a folder on the way that others can write is named, not the file in it', () =>
    within((folder) => {
      const weak = weaknessOnTheWay(join(folder, 'open', 'library.so'), uid);
      assert.equal(weak?.path, join(folder, 'open'));
    }));

  test('a link is followed, also one through a folder that others can write', () =>
    within((folder) => {
      const [first, second] = [join(folder, 'closed', 'first'), join(folder, 'open', 'second')];
      symlinkSync(join(folder, 'closed', 'library.so'), second);
      symlinkSync('../open/second', first);
      assert.equal(weaknessOnTheWay(first, uid)?.path, join(folder, 'open'));
    }));

  test('links in a circle and what does not exist end the search', () =>
    within((folder) => {
      symlinkSync('circle', join(folder, 'closed', 'circle'));
      assert.equal(weaknessOnTheWay(join(folder, 'closed', 'circle'), uid), undefined);
      assert.equal(weaknessOnTheWay(join(folder, 'closed', 'none', 'x'), uid), undefined);
    }));
});
