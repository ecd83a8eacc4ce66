// Files that are something else: named by what they are, by every reader, and inside a zstd stream, too.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { compress } from 'zstd-napi';
import type { StoredBackup } from '../../../src/archive/reader/stored-archive.ts';
import { Abort } from '../../../src/base/abort.ts';
import { Failure } from '../../../src/base/errors.ts';
import { infoJob } from '../../../src/job/info/info-job.ts';
import { openSets } from '../../../src/job/sets/restore-sets.ts';

const folder = mkdtempSync(join(tmpdir(), 'vdibackup-other-'));
after(() => rmSync(folder, { recursive: true }));

const tar = Buffer.alloc(1024);
tar.write('sales.bak');
tar.write('ustar\x0000', 257, 'latin1');

const others: [what: string, bytes: Buffer, words: RegExp, hint: RegExp][] = [
  [
    'a Git LFS pointer',
    Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n'),
    /a pointer of Git LFS$/,
    /^git lfs pull/,
  ],
  ['a page', Buffer.from('\n<!DOCTYPE html><html>…'), /a web page$/, /curl -fL/],
  [
    'gzip',
    Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2]),
    /with gzip$/,
    /gzip -dc FILE \|/,
  ],
  ['xz', Buffer.from('\xfd7zXZ\0\0\x04abcdef', 'latin1'), /with xz$/, /xz -dc/],
  ['bzip2', Buffer.from('BZh91AY&SY..'), /with bzip2$/, /bzip2 -dc/],
  ['lz4', Buffer.from('\x04\x22\x4d\x18dpa........', 'latin1'), /with lz4$/, /lz4 -dc/],
  ['a .bacpac', Buffer.from('PK\x03\x04model.xml....'), /zip archive, as \.bacpac/, /SqlPackage/],
  ['7-Zip', Buffer.from('7z\xbc\xaf\x27\x1c\0\x04......', 'latin1'), /a 7-Zip archive$/, /Unpack/],
  ['RAR', Buffer.from('Rar!\x1a\x07\x01\0.........'), /a RAR archive$/, /Unpack/],
  ['tar', tar, /a tar archive$/, /tar -xf/],
  [
    'an .mdf',
    Buffer.from('\x01\x0f\0\0\x08\x02\0\0\0\0\0\0', 'latin1'),
    /a data or log file/,
    /FOR ATTACH/,
  ],
  ['age', Buffer.from('age-encryption.org/v1\n-> X25519 …'), /encrypted with age$/, /age -d/],
  ['PGP', Buffer.from('-----BEGIN PGP MESSAGE-----\n'), /with PGP$/, /Decrypt/],
  ['zeros', Buffer.alloc(4096), /zeros at its beginning$/, /copy it again/],
  ['a message', Buffer.from('pg_dump: error: connection failed\n'), /a text$/, /Look into it/],
];

async function refusal(attempt: Promise<unknown>): Promise<Failure> {
  const thrown = await attempt.then(
    () => assert.fail('it is a backup'),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof Failure, String(thrown));
  assert.deepEqual([thrown.kind, thrown.code], ['integrity', 'not-a-backup']);
  return thrown;
}

/** By `info`, and by the preparation of `restore` and `drill`, before SQL Server is asked. */
async function refusals(bytes: Buffer): Promise<Failure[]> {
  const path = join(folder, 'file');
  writeFileSync(path, bytes);
  const opened: StoredBackup[] = [];
  try {
    return [
      await refusal(infoJob([path], new Abort())),
      await refusal(
        openSets(
          { files: [path] },
          (one) => opened.push(one),
          () => undefined,
        ),
      ),
    ];
  } finally {
    for (const { source } of opened) await source.close();
  }
}

suite('a file that is something else', () => {
  for (const [what, bytes, words, hint] of others) {
    test(`${what} is named`, async () => {
      for (const { message, hints } of await refusals(bytes)) {
        assert.match(message, /is not a backup: it is /);
        assert.match(message, words);
        assert.match(hints[0] ?? '', hint);
      }
    });
    test(`${what} in a zstd stream is named, and no statement is sent`, async () => {
      for (const { message, hints } of await refusals(compress(bytes))) {
        assert.match(message, /holds no backup of SQL Server: what it compresses is /);
        assert.match(message, words);
        assert.match(hints[0] ?? '', hint);
      }
    });
  }

  test('one that nobody knows is refused all the same', async () => {
    const bytes = Buffer.from([0x80, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    for (const { message } of await refusals(bytes)) assert.match(message, /is not a backup$/);
    for (const { message } of await refusals(compress(bytes)))
      assert.match(message, /holds no backup of SQL Server$/);
  });
});
