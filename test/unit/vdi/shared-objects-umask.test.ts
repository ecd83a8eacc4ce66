import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { accountFacts } from '../../../src/system/account.ts';
import { openUmask, umaskFor } from '../../../src/vdi/native/shared-objects-umask.ts';

const passwd =
  'root:x:0:0::/root:/bin/sh\nmssql:x:10001:10001::/:/bin/sh\nbackup:x:1000:1000::/:/bin/sh';
const noGroups = 'root:x:0:\nmssql:x:10001:\nbackup:x:1000:';
const mutual = 'root:x:0:\nmssql:x:10001:backup\nbackup:x:1000:mssql';

function umask(uid: number, gid: number, groups = noGroups, users = passwd): number {
  return umaskFor(accountFacts(users, groups, { uid, gid, groups: [] }));
}

suite('the umask of shared objects', () => {
  test('closes them to others where SQL Server owns them or has their group', () => {
    assert.equal(umask(10001, 10001), 0o007);
    assert.equal(umask(10001, 0), 0o007);
    assert.equal(umask(1000, 1000, mutual), 0o007);
    assert.equal(umask(1000, 10001), 0o007);
  });

  test('leaves them open to others where nothing else lets SQL Server in, or nobody knows', () => {
    assert.equal(umask(0, 0), 0);
    assert.equal(umask(1000, 1000), 0);
    assert.equal(umask(10001, 10001, noGroups, 'root:x:0:0::/:/bin/sh'), 0);
    assert.equal(umaskFor(undefined), 0);
  });

  test('is given back by the last of several, once each', () => {
    const before = process.umask(0o027);
    try {
      const [one, other] = [openUmask(), openUmask()];
      one();
      one();
      const between = process.umask();
      other();
      assert.deepEqual([between === 0o027, process.umask()], [false, 0o027]);
    } finally {
      process.umask(before);
    }
  });
});
