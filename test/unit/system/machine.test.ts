import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type AccountFacts, accountFacts } from '../../../src/system/account.ts';
import { EM_X86_64, elfImage } from '../../../src/system/code/elf-image.ts';
import { sharesMemory } from '../../../src/system/container.ts';
import { isContainerCgroup } from '../../../src/system/container-mark.ts';
import { readMachine } from '../../../src/system/machine.ts';

const passwd =
  'root:x:0:0::/root:/bin/sh\nmssql:x:999:998::/var/opt/mssql:/bin/sh\nbackup:x:34:34::/:/bin/sh\n';

function account(group: string, gid: number, groups: readonly number[]): AccountFacts {
  return accountFacts(passwd, group, { uid: 34, gid, groups });
}

suite('the account', () => {
  test('with mutual groups', () => {
    const { name, group, serverUid, ...rest } = account(
      'mssql:x:998:backup\nbackup:x:34:mssql\n',
      34,
      [34, 998],
    );
    assert.deepEqual([name, group, serverUid], ['backup', 'backup', 999]);
    assert.deepEqual(rest, {
      uid: 34,
      hasServerGroup: true,
      listedInServerGroup: true,
      sharesGroup: true,
    });
  });

  test('added to the group since it logged in', () => {
    const facts = account('mssql:x:998:other,backup\nbackup:x:34:\n', 34, [34]);
    assert.deepEqual(
      [facts.hasServerGroup, facts.listedInServerGroup, facts.sharesGroup],
      [false, true, false],
    );
  });

  test('whose primary group is that of SQL Server', () => {
    const facts = account('mssql:x:998:\n', 998, []);
    assert.deepEqual([facts.hasServerGroup, facts.sharesGroup], [true, true]);
  });

  test('of a name that begins like another is not that other', () => {
    const facts = account('mssql:x:998:backup2\nbackup:x:34:mssql2\n', 34, [34]);
    assert.deepEqual([facts.listedInServerGroup, facts.sharesGroup], [false, false]);
  });

  test('without a name, on a machine without SQL Server', () => {
    const facts = accountFacts('', '', { uid: 10001, gid: 7, groups: [7] });
    assert.deepEqual([facts.name, facts.group, facts.serverUid], ['10001', '7', undefined]);
    assert.deepEqual([facts.hasServerGroup, facts.sharesGroup], [false, false]);
  });
});

suite('mssql.conf', () => {
  for (const [conf, expected] of [
    ['[memory]\nenablecontainersharedmemory = true\n', true],
    ['[network]\ntcpport=1433\n[Memory]\r\nEnableContainerSharedMemory=true\r\n', true],
    ['[memory]\nenablecontainersharedmemory = false\n', false],
    ['[memory]\n#enablecontainersharedmemory = true\n', false],
    ['[network]\nenablecontainersharedmemory = true\n', false],
    ['', false],
  ] as const)
    test(`${JSON.stringify(conf)}: ${expected}`, () => assert.equal(sharesMemory(conf), expected));
});

test('a container is known by its control group', () => {
  assert.ok(isContainerCgroup('0::/system.slice/docker-0123.scope'));
  assert.ok(isContainerCgroup('1:name=systemd:/kubepods/besteffort/pod1'));
  assert.ok(!isContainerCgroup('0::/init.scope'));
});

suite('the head of a library', () => {
  function head(fileClass: number, machine: number): Buffer {
    const bytes = Buffer.alloc(20);
    bytes.write('\x7fELF', 'latin1');
    bytes[4] = fileClass;
    bytes.writeUInt16LE(machine, 18);
    return bytes;
  }

  test('tells bits and processor', () => {
    assert.deepEqual(elfImage(head(2, EM_X86_64)), { bits: 64, machine: EM_X86_64 });
    assert.deepEqual(elfImage(head(1, 3)), { bits: 32, machine: 3 });
  });

  test('that is short, or of something else, tells nothing', () => {
    assert.equal(elfImage(head(2, EM_X86_64).subarray(0, 19)), undefined);
    assert.equal(elfImage(Buffer.from('#!/bin/sh\n# no library')), undefined);
  });
});

test('this machine tells what it can, also of a library that is not there', async () => {
  const machine = await readMachine(process.execPath);
  assert.equal(machine.system, 'linux');
  if (machine.system !== 'linux') return;
  assert.equal(machine.library.image?.bits, 64);
  assert.equal(machine.account?.uid, process.getuid?.());
  assert.equal(machine.umask, process.umask());
  assert.ok((machine.sharedMemory?.bytes ?? 0) >= (machine.sharedMemory?.freeBytes ?? 1));
  const without = await readMachine('/no/such/library.so');
  assert.equal(without.system === 'linux' && without.library.image, undefined);
});
