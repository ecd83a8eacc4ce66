import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Accounts, ownerOf } from '../../../src/sql/tds/listener-check.ts';

const passwd = [
  'root:x:0:0::/root:/bin/sh',
  'mssql:x:998:998::/var/opt/mssql:/bin/sh',
  'backup:x:34:34::/:/bin/sh',
  'nobody:x:65534:65534::/:/bin/sh',
].join('\n');

const host: Accounts = {
  own: [34],
  passwd,
  folderOwner: undefined,
  inContainer: false,
  unknownUid: undefined,
};

const cases: [
  title: string,
  uid: number,
  change: Partial<Accounts>,
  trusted: boolean | undefined,
][] = [
  ['root', 0, {}, true],
  ['the account mssql', 998, {}, true],
  ['our own account', 34, {}, true],
  ['nobody', 65_534, {}, false],
  ['an ordinary user', 1000, {}, false],
  ["the owner of SQL Server's files", 1000, { folderOwner: 1000 }, true],
  ["the uid of Microsoft's images on a host, where it may be anybody's", 10_001, {}, false],
  ["the uid of Microsoft's images beside it in a container", 10_001, { inContainer: true }, true],
  [
    'the same with an account of its own here',
    10_001,
    { inContainer: true, passwd: `${passwd}\nalice:x:10001:10001::/:/bin/sh` },
    false,
  ],
  ['a uid of another user namespace', 65_534, { unknownUid: 65_534 }, undefined],
];

for (const [title, uid, change, trusted] of cases)
  test(`a listener of ${title}: ${trusted === undefined ? 'nobody knows' : trusted}`, () => {
    assert.equal(ownerOf(uid, { ...host, ...change })?.trusted, trusted);
  });

test('an account is known by its name', () => {
  assert.equal(ownerOf(998, host)?.account, 'mssql');
  assert.equal(ownerOf(1000, host)?.account, undefined);
});
