// What doctor makes of what it is told.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Failure } from '../../../src/base/errors.ts';
import type { FailureCode } from '../../../src/base/failure-codes.ts';
import { shellWord } from '../../../src/base/shell-word.ts';
import { doctorTable } from '../../../src/cli/report/doctor-table.ts';
import { connectionFindings, tlsFinding } from '../../../src/job/doctor/doctor-connection.ts';
import { fixedCodes, withFix } from '../../../src/job/doctor/doctor-fixes.ts';
import {
  accountFinding,
  containerFinding,
  elevationFinding,
  misfit,
  runtimeFinding,
  sharedMemoryFinding,
} from '../../../src/job/doctor/doctor-machine.ts';
import type { DoctorRequest, Finding } from '../../../src/job/doctor/doctor-report.ts';
import {
  completeFinding,
  databaseFindings,
  serverFindings,
} from '../../../src/job/doctor/doctor-server.ts';
import { spaceFinding } from '../../../src/job/doctor/doctor-space.ts';
import { usedBytes } from '../../../src/sql/facts/database-size.ts';
import type { SqlConnectionSettings } from '../../../src/sql/sql-session.ts';
import type { AccountFacts } from '../../../src/system/account.ts';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

function verdict({ level, code }: Finding): string {
  return `${level} ${code}`;
}

const settings: SqlConnectionSettings = {
  host: 'localhost',
  port: 1433,
  integrated: false,
  login: { user: 'back]up', password: 's3cret' },
  encrypt: 'mandatory',
  trustServerCertificate: false,
  loginTimeout: 8,
  scrub: (text) => text,
};
const request: DoctorRequest = {
  connection: settings,
  assumeLocal: false,
  allowWritableProgram: false,
  database: "O'Brien",
};

suite('the account', () => {
  const mutual: AccountFacts = {
    uid: 34,
    name: 'backup',
    group: 'backup',
    serverUid: 999,
    hasServerGroup: true,
    listedInServerGroup: true,
    sharesGroup: true,
  };
  const none = { hasServerGroup: false, listedInServerGroup: false, sharesGroup: false };
  for (const [title, facts, expected] of [
    ['of SQL Server', { ...none, uid: 999 }, 'ok ok'],
    ['with mutual groups', {}, 'ok ok'],
    ['root', { ...none, uid: 0 }, 'warning runs-as-root'],
    [
      'in the group, but not the other way round',
      { sharesGroup: false },
      'problem server-not-in-group',
    ],
    ['in the group since today', { hasServerGroup: false }, 'problem group-not-in-effect'],
    ['of nobody', none, 'problem not-in-server-group'],
    ['where SQL Server has none', { ...none, serverUid: undefined }, 'unknown no-server-account'],
  ] as const)
    test(title, () => assert.equal(verdict(accountFinding({ ...mutual, ...facts })), expected));

  test('that the system does not tell', () => {
    assert.equal(verdict(accountFinding(undefined)), 'unknown account-unknown');
  });
});

suite('shared memory', () => {
  for (const [bytes, freeBytes, expected] of [
    [GiB, GiB, 'ok ok'],
    [GiB - 1, GiB - 1, 'warning shm-small'],
    [64 * MiB, 16 * MiB, 'warning shm-small'],
    [64 * MiB, 16 * MiB - 1, 'problem shm-full'],
    [8 * GiB, 0, 'problem shm-full'],
  ] as const)
    test(`${freeBytes} of ${bytes} bytes free: ${expected}`, () => {
      assert.equal(verdict(sharedMemoryFinding({ bytes, freeBytes })), expected);
    });

  test('that is not there', () => {
    assert.equal(verdict(sharedMemoryFinding(undefined)), 'problem shm-missing');
  });
});

suite('a container', () => {
  for (const [title, facts, expected] of [
    ['that is none', undefined, 'ok ok'],
    ['with the switch', { holdsServer: true, sharesMemory: true }, 'ok ok'],
    ['without it', { holdsServer: true, sharesMemory: false }, 'problem container-memory-off'],
    ['beside', { holdsServer: false, sharesMemory: undefined }, 'unknown container-unknown'],
  ] as const)
    test(title, () => assert.equal(verdict(containerFinding(facts)), expected));
});

suite('the rest of the machine', () => {
  test('an elevated process is fine, another gets a warning, silence is unknown', () => {
    const verdicts = [true, false, undefined].map((elevated) =>
      verdict(elevationFinding(elevated)),
    );
    assert.deepEqual(verdicts, ['ok ok', 'warning not-elevated', 'unknown elevation-unknown']);
  });

  test('a library for other processors is named as such', () => {
    const bits = misfit({ path: '/l.so', image: { bits: 32, machine: 3 } });
    assert.match(bits?.message ?? '', /\/l\.so is for 32-bit programs, not for 64-bit x86/);
    const arm = misfit({ path: '/l.so', image: { bits: 64, machine: 183 } });
    assert.equal(arm?.code, 'vdi-library-bitness');
    assert.equal(misfit({ path: '/l.so', image: { bits: 64, machine: 62 } }), undefined);
    assert.equal(misfit({ path: '/l.so', image: undefined }), undefined);
  });

  for (const [node, arch, expected] of [
    ['20.19.0', 'x64', 'ok ok'],
    ['24.0.1', 'x64', 'ok ok'],
    ['20.18.3', 'x64', 'problem node-too-old'],
    ['18.20.0', 'x64', 'problem node-too-old'],
    ['24.0.1', 'ia32', 'problem not-x64'],
  ] as const)
    test(`Node.js ${node} ${arch}: ${expected}`, () => {
      assert.equal(verdict(runtimeFinding({ tool: '1.0.0', node, arch })), expected);
    });

  test('a CPU quota is named beside Node.js', () => {
    const finding = (cpuQuota?: number) =>
      runtimeFinding({ tool: '1.0.0', node: '20.19.0', arch: 'x64', cpuQuota });
    assert.match(finding(3).message, /threads by the CPU quota of its cgroup: 3$/);
    assert.doesNotMatch(finding().message, /quota/);
  });
});

suite('the way to the server', () => {
  function stages(failure?: Failure): string[] {
    return connectionFindings(settings, failure ? { failure } : {}, undefined).map(
      ({ check, level, code }) => `${check} ${level} ${code}`,
    );
  }
  const failure = (code: FailureCode) => new Failure(code, 'words', { hints: ['next'] });

  test('a login proves all three', () => {
    assert.deepEqual(stages(), ['tcp ok ok', 'tls ok ok', 'login ok ok']);
  });

  test('a refused connection tells nothing of the rest', () => {
    assert.deepEqual(stages(failure('connection-refused')), [
      'tcp problem connection-refused',
      'tls unknown not-checked',
      'login unknown not-checked',
    ]);
  });

  test('a certificate is behind TCP and before the login', () => {
    assert.deepEqual(stages(failure('certificate-untrusted')), [
      'tcp ok ok',
      'tls problem certificate-untrusted',
      'login unknown not-checked',
    ]);
  });

  test('a refused login came over a trusted wire', () => {
    assert.deepEqual(stages(failure('login-failed')), [
      'tcp ok ok',
      'tls ok ok',
      'login problem login-failed',
    ]);
  });

  for (const code of ['no-login', 'windows-login-unavailable', 'odbc-driver-missing'] as const)
    test(`with ${code} nothing is tried`, () => {
      assert.deepEqual(stages(failure(code)), [
        'tcp unknown not-checked',
        'tls unknown not-checked',
        `login problem ${code}`,
      ]);
    });

  test('TLS under -C says why it is needed and what else there is, in one sentence', () => {
    const { level, code, message } = tlsFinding(
      settings,
      failure('certificate-untrusted'),
      undefined,
    );
    assert.deepEqual([level, code], ['ok', 'certificate-unchecked']);
    for (const choice of ['-C', 'NODE_EXTRA_CA_CERTS']) assert.ok(message.includes(choice));
  });

  test('-N o is unencrypted, unless the server insists', () => {
    const optional = { ...settings, encrypt: 'optional' } as const;
    const told = (encrypted: boolean | undefined) =>
      verdict(tlsFinding(optional, undefined, { transport: 'TCP', encrypted }));
    assert.deepEqual([true, false, undefined].map(told), [
      'ok ok',
      'warning unencrypted',
      'warning unencrypted',
    ]);
  });
});

suite('the server', () => {
  const facts = {
    serverName: 'DB01',
    machineName: 'DB01',
    productVersion: '16.0.4135.4',
    productMajor: 16,
    engineEdition: 3,
    isSysadmin: true,
  };
  const here = { localHostname: 'db01', assumeLocal: false, login: 'backup' };
  const verdicts = (changed: object, whereabouts = here) =>
    serverFindings({ ...facts, ...changed }, whereabouts).map(verdict);

  test('that is fit', () => assert.deepEqual(verdicts({}), ['ok ok', 'ok ok', 'ok ok']));

  test('each wrong thing is a finding of its own', () => {
    assert.deepEqual(verdicts({ engineEdition: 8, machineName: 'DB02', isSysadmin: false }), [
      'problem no-vdi',
      'problem other-machine',
      'problem not-sysadmin',
    ]);
  });

  test('that says nothing is unknown, not fine', () => {
    const silent = { productVersion: undefined, machineName: undefined, isSysadmin: undefined };
    assert.deepEqual(verdicts(silent), [
      'unknown version-unknown',
      'unknown machine-unknown',
      'unknown role-unknown',
    ]);
  });

  test('--assume-local leaves its machine unchecked', () => {
    const [, machine] = verdicts({ machineName: 'DB02' }, { ...here, assumeLocal: true });
    assert.equal(machine, 'unknown not-checked');
  });

  for (const [requested, major, windows, expected] of [
    [undefined, 16, true, 'unknown not-checked'],
    [false, 16, true, 'warning complete-refused'],
    [true, 13, true, 'unknown complete-by-update'],
    [true, 14, true, 'ok ok'],
    [true, 14, false, 'unknown complete-later'],
    [true, undefined, true, 'unknown complete-later'],
  ] as const)
    test(`VDC_Complete, asked ${requested}, version ${major}, Windows ${windows}: ${expected}`, () => {
      assert.equal(verdict(completeFinding(requested, major, windows)), expected);
    });

  test('a database is judged as a backup would judge it', () => {
    const judge = (told: Parameters<typeof databaseFindings>[1]) =>
      databaseFindings('Sales', told, facts).map(verdict);
    assert.deepEqual(judge({ name: 'Sales', state: 'ONLINE' }), ['ok ok']);
    assert.deepEqual(judge('missing'), ['problem database-missing']);
    assert.deepEqual(judge({ name: 'Sales', state: 'OFFLINE' }), ['problem database-not-online']);
    assert.deepEqual(judge({ name: 'Sales', isEncrypted: true, userAccess: 'SINGLE_USER' }), [
      'warning encrypted-database',
      'warning single-user',
    ]);
    assert.deepEqual(judge(undefined), ['unknown database-unknown']);
  });
});

suite('space', () => {
  for (const [freeBytes, used, encrypted, expected] of [
    [GiB, GiB, false, 'ok ok'],
    [GiB - 1, GiB, false, 'warning space-tight'],
    [GiB, 4 * GiB, false, 'warning space-tight'],
    [GiB - 1, 4 * GiB, false, 'problem space-short'],
    [GiB - 1, GiB, true, 'problem space-short'],
    [0, 1, false, 'problem space-short'],
    [undefined, GiB, false, 'unknown space-unknown'],
    [GiB, undefined, false, 'unknown space-unknown'],
  ] as const)
    test(`${freeBytes} free for ${used} bytes, encrypted ${encrypted}: ${expected}`, () => {
      assert.equal(verdict(spaceFinding({ folder: '/b', freeBytes }, used, encrypted)), expected);
    });

  test('an encrypted database is advised only what its server can do', () => {
    const hints = (productVersion: string, productMajor: number) =>
      spaceFinding({ folder: '/b', freeBytes: 1 }, GiB, true, { productVersion, productMajor })
        .hints;
    assert.match(hints('16.0.4135.4', 16)?.join() ?? '', /--compress server/);
    assert.match(hints('15.0.4198.2', 15)?.join() ?? '', /may not restore/);
    assert.equal(hints('12.0.6024.0', 12), undefined);
  });

  test('used pages are counted without the log; files that do not say count as a whole', () => {
    const rows = [
      { Type: 0, Pages: '1000', UsedPages: '10' },
      { Type: 1, Pages: '9000', UsedPages: '9000' },
      { Type: 2, Pages: '5', UsedPages: null },
    ];
    assert.equal(usedBytes(rows), 15 * 8192);
    assert.equal(usedBytes([]), undefined);
    assert.equal(usedBytes([{ Type: 0, Pages: null, UsedPages: null }]), undefined);
  });
});

suite('what fixes a finding', () => {
  const finding = (code: string): Finding => ({ check: 'c', level: 'problem', code, message: 'm' });
  const fix = (code: string, windows = false, more = {}) =>
    withFix(finding(code), { windows, request, ...more }).fix;

  test('is a command that can be pasted, whatever the names', () => {
    assert.equal(
      fix('not-sysadmin'),
      "sqlcmd -Q 'ALTER SERVER ROLE sysadmin ADD MEMBER [back]]up]'",
    );
    assert.equal(
      fix('certificate-untrusted'),
      "vdibackup doctor -S localhost,1433 -U 'back]up' -C 'O'\\''Brien'",
    );
    assert.equal(
      fix('certificate-untrusted', true),
      "vdibackup doctor -S localhost,1433 -U 'back]up' -C 'O''Brien'",
    );
    assert.equal(
      fix('other-machine', false, { serverMachine: 'A;B' }),
      "ssh 'A;B' vdibackup doctor",
    );
  });

  test('is that of the system, and of the container', () => {
    assert.match(fix('vdi-call-failed') ?? '', /^sudo -u mssql /);
    assert.match(fix('vdi-call-failed', true) ?? '', /RunAs/);
    assert.match(fix('shm-small') ?? '', /^sudo mount/);
    assert.match(fix('shm-small', false, { inContainer: true }) ?? '', /^docker run --shm-size=1g/);
  });

  test('names the service of a named instance, in quotes because of its $', () => {
    const named = { ...request, connection: { ...request.connection, instance: 'SQLEXPRESS' } };
    assert.equal(fix('server-paused', true), 'Resume-Service MSSQLSERVER');
    assert.equal(
      fix('server-paused', true, { request: named }),
      "Resume-Service 'MSSQL$SQLEXPRESS'",
    );
    assert.equal(
      fix('device-set-stuck', true, { request: named }),
      "Restart-Service 'MSSQL$SQLEXPRESS'",
    );
  });

  test('never holds the password', () => {
    for (const code of fixedCodes)
      for (const windows of [true, false]) assert.doesNotMatch(fix(code, windows) ?? '', /s3cret/);
  });

  test('is nothing where all is well', () => {
    const fine: Finding = { ...finding('runs-as-root'), level: 'ok' };
    assert.equal(withFix(fine, { windows: false, request }).fix, undefined);
  });

  test('is in the documentation, code by code', () => {
    const path = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'doctor.md');
    const text = readFileSync(path, 'utf8');
    assert.deepEqual(
      fixedCodes.filter((code) => !text.includes(`\`${code}\``)),
      [],
    );
  });

  test('a word of a shell is quoted where it must be', () => {
    const words = ['db-01,1433', 'a b', "it's", '$x', ''].map((word) => shellWord(word, false));
    assert.deepEqual(words, ['db-01,1433', "'a b'", "'it'\\''s'", "'$x'", "''"]);
  });
});

test('the table is a line for each finding, with what to do below it, and cannot move the cursor', () => {
  const findings: Finding[] = [
    { check: 'tcp', level: 'ok', code: 'ok', message: 'fine' },
    {
      check: 'login',
      level: 'problem',
      code: 'login-failed',
      message: 'Msg 18456:\n\u001b[2Jno',
      fix: 'do this',
      hints: ['or that'],
    },
  ];
  assert.equal(
    doctorTable({ job: 'doctor', healthy: false, findings }),
    'ok       tcp            fine\n' +
      'problem  login          Msg 18456: ?[2Jno [login-failed]\n' +
      '                        fix: do this\n' +
      '                        hint: or that\n',
  );
});
