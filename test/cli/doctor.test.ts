// doctor as people and scripts see it: a finding for each thing on stdout, exit 0 or 5, nothing left behind.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { DoctorReport, Finding } from '../../src/job/doctor/doctor-report.ts';
import { SqlSessionRelay } from '../contract/sql-session-relay.ts';
import { abort } from '../rig/aborting.ts';
import type { Ended } from '../rig/program.ts';
import { libraryPath, password, type Rig, standinFolder } from '../rig/rig.ts';
import { assertFailed, trial } from '../rig/trial.ts';
import type { InstanceOptions } from '../standin/instance.ts';
import { netbiosName } from '../standin/instance.ts';

const TiB = 1024 ** 4;

/** Of what the machine of the test is, nothing is asserted but that it is no problem. */
const aboutThisMachine = ['program', 'account', 'umask', 'shared-memory', 'container'];

function report({ stdout, stderr }: Ended): DoctorReport {
  const lines = stdout.toString().trimEnd().split('\n');
  assert.equal(lines.length, 1, `one object on stdout\n${stderr}`);
  return JSON.parse(lines[0] ?? '') as DoctorReport;
}

/** `check level code` of each finding that is not about the machine of the test. */
function verdicts(ended: Ended): string[] {
  return report(ended)
    .findings.filter(({ check }) => !aboutThisMachine.includes(check))
    .map(({ check, level, code }) => `${check} ${level} ${code}`);
}

function found(ended: Ended, check: string): Finding {
  const finding = report(ended).findings.find((one) => one.check === check);
  assert.ok(finding, `a finding for ${check}`);
  return finding;
}

/** Create, SignalAbort, Close, once each, and no set is left. */
function assertRoundTrip(rig: Rig): void {
  const calls = rig
    .judged()
    .flatMap(
      (line) => /^\d+ \d+ (Create|SignalAbort|Close|GetConfiguration) /.exec(line)?.[1] ?? [],
    );
  assert.deepEqual(calls, ['Create', 'SignalAbort', 'Close']);
  assert.deepEqual(rig.server.deviceSets, []);
}

function sharedObjects(): string[] {
  return existsSync('/dev/shm') ? readdirSync('/dev/shm') : [];
}

async function examined(
  args: readonly string[],
  body: (ended: Ended, rig: Rig) => void | Promise<void>,
  options: Partial<InstanceOptions> & { env?: Record<string, string>; bare?: true } = {},
): Promise<void> {
  const { env = {}, bare, ...instance } = options;
  await trial(
    [],
    async (rig) => {
      const words = args.map((word) => word.replace('PORT', String(rig.server.port)));
      const program = bare ? rig.bare(words, { env }) : rig.run(words, { env });
      const ended = await program.ended;
      assert.ok(!`${ended.stdout}${ended.stderr}`.includes(password), 'the password is not said');
      assert.ok(
        !rig.server.statements.some((text) => /^(BACKUP|RESTORE)/i.test(text)),
        'no BACKUP is sent',
      );
      await body(ended, rig);
    },
    instance,
  );
}

const wellConnected = [
  'tcp ok ok',
  'listener ok ok',
  'tls ok certificate-unchecked',
  'login ok ok',
];
const fitServer = ['server ok ok', 'same-machine ok ok', 'sysadmin ok ok'];
const unasked = ['server', 'same-machine', 'sysadmin'].map(
  (check) => `${check} unknown not-checked`,
);
const local = ['runtime ok ok', 'vdi-library ok ok'];
const roundTrip = ['device-set ok ok', 'vdc-complete unknown complete-later'];
const roomy = ['database ok ok', 'destination ok ok', 'space ok ok'];

suite('doctor', { concurrency: 2 }, () => {
  test('on a healthy machine: exit 0, every check, a device set made and ended, nothing left', () =>
    examined(['doctor', '--json', 'Sales'], (ended, rig) => {
      assert.equal(ended.code, 0, ended.stderr);
      assert.deepEqual(verdicts(ended), [
        ...local,
        ...wellConnected,
        ...fitServer,
        ...roundTrip,
        ...roomy,
      ]);
      const { job, healthy, findings } = report(ended);
      assert.deepEqual([job, healthy], ['doctor', true]);
      assert.deepEqual(
        findings.filter(({ check }) => aboutThisMachine.includes(check)).map(({ check }) => check),
        aboutThisMachine,
      );
      for (const { level, fix } of findings) assert.equal(level === 'ok', fix === undefined);
      assertRoundTrip(rig);
    }));

  test('speaks a table to people and ends with OK', () => {
    const before = sharedObjects();
    return examined(['doctor', 'Sales'], (ended) => {
      assert.equal(ended.code, 0, ended.stderr);
      assert.match(ended.stderr, /^OK doctor \d+ checks: \d+ ok, \d+ warnings, \d+ unknown\n$/);
      const table = ended.stdout.toString();
      assert.match(table, /^ok {7}login {10}logged in as sa$/m);
      assert.match(table, /^ok {7}space .*: room even for an uncompressed backup$/m);
      assert.match(table, /^ {24}fix: vdibackup -S 127\.0\.0\.1,\d+ -U sa -C --json master - /m);
      assert.deepEqual(sharedObjects(), before);
    });
  });

  test('--json says each finding on stderr too, and the summary last', () =>
    examined(['doctor', '--json'], (ended) => {
      const events = ended.stderr
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      const told = events.slice(0, -1).map(({ event, time, ...finding }) => {
        assert.equal(event, 'finding');
        assert.match(time, /^2\d{3}-.*Z$/);
        return finding;
      });
      assert.deepEqual(told, report(ended).findings);
      const { event, exitCode, job, checks } = events.at(-1);
      assert.deepEqual([event, exitCode, job, checks], ['summary', 0, 'doctor', told.length]);
    }));

  for (const [title, library, code, reason] of [
    ['no VDI library', '/no/such/libsqlvdi.so', 'vdi-library-missing', /does not exist/],
    [
      'a file that is none',
      join(standinFolder, 'not-a-library.so'),
      'vdi-library-unusable',
      /cannot be loaded/,
    ],
    [
      'a library without all calls',
      join(standinFolder, 'libsqlvdi-missing-symbol.so'),
      'vdi-symbol-missing',
      /lacks/,
    ],
  ] as const)
    test(`${title}: the server is looked at all the same`, () =>
      examined(['doctor', '--json', '--vdi-library', library], (ended, rig) => {
        assert.equal(ended.code, 5, ended.stderr);
        assert.match(found(ended, 'vdi-library').message, reason);
        assert.deepEqual(verdicts(ended), [
          'runtime ok ok',
          `vdi-library problem ${code}`,
          ...wellConnected,
          ...fitServer,
          'device-set unknown not-checked',
          'vdc-complete unknown not-checked',
        ]);
        assert.deepEqual(rig.judged(), []);
      }));

  test('a library for 32-bit programs is called by its name and not loaded', () =>
    trial(['l32.so'], async (rig) => {
      const image = readFileSync(libraryPath);
      image[4] = 1;
      image.writeUInt16LE(3, 18);
      await writeFile(rig.path('l32.so'), image);
      const ended = await rig.run(['doctor', '--vdi-library', 'l32.so']).ended;
      assertFailed(ended, 5, /l32\.so is for 32-bit programs, not for 64-bit x86/);
      assert.match(ended.stdout.toString(), /^problem .*\[vdi-library-bitness\]$/m);
    }));

  test('a device set that VDI refuses: exit 5 with its number', () =>
    examined(
      ['doctor', '--json'],
      (ended, rig) => {
        assert.equal(ended.code, 5);
        assert.match(
          found(ended, 'device-set').message,
          /Create answered 0x80770005 VD_E_SECURITY/,
        );
        assert.match(found(ended, 'device-set').fix ?? '', /^sudo -u mssql /);
        assert.deepEqual(rig.server.deviceSets, []);
      },
      { env: { VDI_STANDIN_SCRIPT: 'code=Create:1:0x80770005' } },
    ));

  test('a VDI library that does not know VDC_Complete: a warning, exit 0', () =>
    examined(
      ['doctor', '--json'],
      (ended) => {
        assert.equal(ended.code, 0, ended.stderr);
        assert.equal(found(ended, 'vdc-complete').code, 'complete-refused');
      },
      { env: { VDI_STANDIN_SCRIPT: 'code=Create:1:0x80770009' } },
    ));

  test('a wrong password: the device set is made all the same', () =>
    examined(
      ['doctor', '--json', 'Sales'],
      (ended, rig) => {
        assert.equal(ended.code, 5);
        assert.match(found(ended, 'login').message, /Msg 18456/);
        assert.deepEqual(verdicts(ended), [
          ...local,
          'tcp ok ok',
          'listener ok ok',
          'tls ok certificate-unchecked',
          'login problem login-failed',
          ...unasked,
          ...roundTrip,
          'database unknown not-checked',
          'destination ok ok',
          'space unknown not-checked',
        ]);
        assert.ok(!`${ended.stdout}${ended.stderr}`.includes('Wr0ng-passw0rd'));
        assertRoundTrip(rig);
      },
      { env: { SQLCMDPASSWORD: 'Wr0ng-passw0rd' } },
    ));

  test('no login at all is a finding, not a usage error', () =>
    examined(
      ['doctor', '--json', '-S', '127.0.0.1,PORT'],
      (ended, rig) => {
        assert.equal(ended.code, 5);
        assert.equal(found(ended, 'login').code, 'no-login');
        assert.equal(found(ended, 'device-set').level, 'ok');
        assert.deepEqual(rig.server.logins, []);
      },
      { bare: true },
    ));

  test('a login that is not sysadmin', () =>
    examined(
      ['doctor', '--json'],
      (ended) => {
        assert.equal(ended.code, 5);
        const { level, fix } = found(ended, 'sysadmin');
        assert.equal(level, 'problem');
        assert.equal(fix, "sqlcmd -Q 'ALTER SERVER ROLE sysadmin ADD MEMBER [sa]'");
      },
      { sysadmin: false },
    ));

  test('a server on another machine, and --assume-local', async () => {
    const elsewhere = { machineName: 'ELSEWHERE' };
    await examined(
      ['doctor', '--json'],
      (ended) => {
        assert.equal(ended.code, 5);
        assert.equal(found(ended, 'same-machine').code, 'other-machine');
        assert.equal(found(ended, 'same-machine').fix, 'ssh ELSEWHERE vdibackup doctor');
      },
      elsewhere,
    );
    await examined(
      ['doctor', '--json', '--assume-local'],
      (ended) => {
        assert.equal(ended.code, 0);
        assert.equal(found(ended, 'same-machine').code, 'not-checked');
      },
      elsewhere,
    );
    assert.notEqual(netbiosName(hostname()), 'ELSEWHERE');
  });

  test('a server that is not there', () =>
    examined(
      ['doctor', '--json', '-S', '127.0.0.1,1', '-U', 'sa'],
      (ended) => {
        assert.equal(ended.code, 5);
        assert.deepEqual(verdicts(ended), [
          ...local,
          'tcp problem connection-refused',
          'listener unknown not-checked',
          'tls unknown not-checked',
          'login unknown not-checked',
          ...unasked,
          ...roundTrip,
        ]);
      },
      { bare: true },
    ));

  test('a certificate that nobody trusts: one sentence with the two choices', () =>
    examined(
      ['doctor', '--json', '-S', '127.0.0.1,PORT', '-U', 'sa'],
      (ended, rig) => {
        assert.equal(ended.code, 5);
        const { code, fix, hints = [] } = found(ended, 'tls');
        assert.equal(code, 'certificate-untrusted');
        assert.match(fix ?? '', /^vdibackup doctor -S 127\.0\.0\.1,\d+ -U sa -C$/);
        for (const choice of ['-C', 'NODE_EXTRA_CA_CERTS'])
          assert.ok(hints.some((hint) => hint.includes(choice)));
        assert.deepEqual(rig.server.logins, []);
      },
      { bare: true },
    ));

  test('-N o: the server itself says that nothing is encrypted', () =>
    examined(
      ['doctor', '--json', '-S', '127.0.0.1,PORT', '-U', 'sa', '-N', 'o'],
      (ended) => {
        assert.equal(ended.code, 0, ended.stderr);
        assert.equal(found(ended, 'tls').code, 'unencrypted');
      },
      { bare: true },
    ));

  for (const [how, code] of [
    ['lost', 'connection-lost'],
    ['silent', 'no-answer'],
  ] as const)
    test(`a server that is ${how} in the middle is a problem, and the examination goes on`, () =>
      trial([], async (rig) => {
        const relay = await SqlSessionRelay.start(rig.server.port);
        const { statements } = rig.server;
        statements.push = (...texts: string[]) => {
          if (texts.some((text) => text.includes('IS_SRVROLEMEMBER')))
            how === 'lost' ? relay.cut('reset') : relay.hold();
          return Array.prototype.push.apply(statements, texts);
        };
        const where = ['-S', `127.0.0.1,${relay.port}`, '-U', 'sa', '-C', '-l', '1'];
        const ended = await rig.bare(['doctor', '--json', ...where]).ended;
        relay.stop();
        assert.equal(ended.code, 5, ended.stderr);
        assert.equal(found(ended, 'connection').code, code);
        assert.equal(found(ended, 'device-set').level, 'ok');
      }));

  test('a secret is masked in the report, wherever it turns up', () =>
    examined(['doctor', password], (ended) => {
      assert.equal(ended.code, 5);
      assert.match(ended.stdout.toString(), /there is no database \[\*\*\*\]/);
    }));

  test('too little space for the named database', () =>
    examined(
      ['doctor', '--json', 'Huge'],
      (ended) => {
        assert.equal(ended.code, 5, ended.stderr);
        const { level, code, message, fix } = found(ended, 'space');
        assert.deepEqual([level, code], ['problem', 'space-short']);
        assert.match(message, /15\.0 TiB in use in the database/);
        assert.equal(fix, 'vdibackup doctor Huge --dest ANOTHER_FOLDER');
      },
      { databases: [{ name: 'Huge', streams: { kind: 'generate', bytes: 15 * TiB } }] },
    ));

  test('a database and a folder that are not there', () =>
    examined(['doctor', '--json', 'Nope', '--dest', 'no/such'], (ended) => {
      assert.equal(ended.code, 5);
      assert.deepEqual(verdicts(ended).slice(-3), [
        'database problem database-missing',
        'destination problem not-found',
        'space unknown not-checked',
      ]);
      assert.match(found(ended, 'destination').fix ?? '', /^mkdir -p \/.*\/no\/such$/);
    }));

  test('--dest alone is looked at without a database', () =>
    trial(['backups'], async (rig) => {
      await mkdir(rig.path('backups'));
      const ended = await rig.run(['doctor', '--json', '--dest', 'backups']).ended;
      assert.equal(ended.code, 0, ended.stderr);
      assert.equal(verdicts(ended).at(-1), 'destination ok ok');
    }));

  test('Ctrl-C in a slow login: exit 130, no device set is left', () =>
    trial([], async (rig) => {
      rig.server.loginFault({ 'slow-login': 20_000 });
      const program = rig.run(['doctor', '--json']);
      await program.until('the library', () => program.stderr.includes('"check":"vdi-library"'));
      const { code, stdout } = await abort(program, 'SIGINT');
      assert.equal(code, 130, program.stderr);
      assert.equal(stdout.length, 0);
      assert.deepEqual(rig.server.deviceSets, []);
    }));

  for (const [title, words, reason] of [
    ['a second database', ['Sales', 'Extra'], /too many arguments/],
    ['a name that none can have', ['x'.repeat(129)], /1 to 128 characters/],
    ['a folder without a name', ['--dest', ''], /--dest names no folder/],
  ] as const)
    test(`${title} is a usage error`, () =>
      examined(['doctor', ...words], (ended, rig) => {
        assertFailed(ended, 2, reason);
        assert.equal(ended.stdout.length, 0);
        assert.deepEqual(rig.server.logins, []);
      }));
});
