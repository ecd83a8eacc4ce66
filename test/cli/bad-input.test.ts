// What cannot work is refused before anything is touched: one error line, a next step, an exit code of its own,
// and the password nowhere.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { type Ended, Program } from '../rig/program.ts';
import { binPath, password, type Rig, standinFolder } from '../rig/rig.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';
import type { InstanceOptions } from '../standin/instance.ts';

const streams = { kind: 'generate', bytes: 4 * 1024 * 1024 } as const;
const wrongPassword = 'Wr0ng-but-secret';

interface Case {
  readonly title: string;
  readonly exitCode: number;
  readonly reason: RegExp;
  /** Instead of Sales s.zst. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly server?: Partial<InstanceOptions>;
  /** Without `-C`, or any connection option, when it makes the whole command line. */
  readonly whole?: (rig: Rig) => readonly string[];
  readonly before?: (rig: Rig) => Promise<unknown>;
  readonly leaves?: readonly string[];
  readonly hint?: RegExp;
}

const databases = [
  { name: 'Sales', streams },
  { name: 'Simple', recoveryModel: 'SIMPLE', streams },
  { name: 'Offline', state: 'OFFLINE', streams },
  { name: 'Restoring', state: 'RESTORING', streams },
  { name: 'Snap', snapshotOf: 'Sales', streams },
] as const;

const library = (name: string) => ({ VDIBACKUP_VDI_LIBRARY: join(standinFolder, name) });
const sqlServer = (rig: Rig) => ['-S', `127.0.0.1,${rig.server.port}`, '-U', 'sa'];

const cases: readonly Case[] = [
  {
    title: 'an unknown database',
    args: ['Nowhere', 's.zst'],
    exitCode: 6,
    reason: /no database \[Nowhere\]/,
    hint: /sys\.databases/,
  },
  {
    title: 'an offline database',
    args: ['Offline', 's.zst'],
    exitCode: 6,
    reason: /\[Offline\] is OFFLINE/,
    hint: /SET ONLINE/,
  },
  {
    title: 'a database being restored',
    args: ['Restoring', 's.zst'],
    exitCode: 6,
    reason: /\[Restoring\] is RESTORING/,
    hint: /WITH RECOVERY/,
  },
  {
    title: 'a database snapshot',
    args: ['Snap', 's.zst'],
    exitCode: 6,
    reason: /snapshot/,
    hint: /taken from/,
  },
  {
    title: 'tempdb',
    args: ['tempdb', 's.zst'],
    exitCode: 6,
    reason: /tempdb cannot be backed up/,
    hint: /needs no backup/,
  },
  {
    title: 'a log backup in recovery model SIMPLE',
    args: ['Simple', 's.zst', '--type', 'log'],
    exitCode: 6,
    reason: /SIMPLE/,
    hint: /RECOVERY FULL/,
  },
  {
    title: 'a wrong password',
    env: { SQLCMDPASSWORD: wrongPassword },
    exitCode: 4,
    reason: /18456|[Ll]ogin failed/,
  },
  {
    title: 'a server that is not there',
    whole: () => ['-S', '127.0.0.1,1', '-U', 'sa', 'Sales', 's.zst'],
    exitCode: 4,
    reason: /127\.0\.0\.1/,
  },
  {
    title: 'a certificate that nobody trusts',
    whole: (rig) => [...sqlServer(rig), 'Sales', 's.zst'],
    exitCode: 4,
    reason: /certificate/,
    hint: /-C/,
  },
  {
    title: 'a login that is not sysadmin',
    server: { sysadmin: false },
    exitCode: 5,
    reason: /not a member of sysadmin/,
    hint: /ADD MEMBER \[sa\]/,
  },
  {
    title: 'a server on another machine',
    server: { machineName: 'ELSEWHERE' },
    exitCode: 5,
    reason: /runs on ELSEWHERE but this is/,
    hint: /Run vdibackup on ELSEWHERE/,
  },
  {
    title: 'a VDI library that is missing',
    env: { VDIBACKUP_VDI_LIBRARY: '/no/such/libsqlvdi.so' },
    exitCode: 5,
    reason: /\/no\/such\/libsqlvdi\.so does not exist/,
    hint: /--vdi-library/,
  },
  {
    title: 'a VDI library that is a text file',
    env: library('not-a-library.so'),
    exitCode: 5,
    reason: /cannot be loaded: .*not-a-library\.so/,
  },
  {
    title: 'a VDI library without a symbol',
    env: library('libsqlvdi-missing-symbol.so'),
    exitCode: 5,
    reason: /libsqlvdi-missing-symbol\.so lacks _ZN/,
  },
  {
    title: 'a missing folder',
    args: ['Sales', 'no/such/s.zst'],
    exitCode: 8,
    reason: /no such file or directory|ENOENT/,
    hint: /mkdir -p/,
  },
  {
    title: 'a folder that is a file',
    args: ['Sales', 'file/s.zst'],
    before: (rig) => writeFile(rig.path('file'), ''),
    leaves: ['file'],
    exitCode: 8,
    reason: /not a folder|ENOTDIR/,
  },
  {
    title: 'a file that exists',
    before: (rig) => writeFile(rig.path('s.zst'), 'yesterday'),
    leaves: ['s.zst'],
    exitCode: 8,
    reason: /exists already/,
    hint: /--overwrite/,
  },
  {
    title: 'a symbolic link to nowhere',
    before: (rig) => symlink('nowhere', rig.path('s.zst')),
    leaves: ['s.zst'],
    exitCode: 8,
    reason: /exists already/,
  },
  {
    title: 'a folder in place of the file',
    args: ['Sales', 'folder', '--overwrite'],
    before: (rig) => mkdir(rig.path('folder')),
    leaves: ['folder'],
    exitCode: 8,
    reason: /it is a folder/,
  },
  {
    title: 'a named pipe in place of the file',
    args: ['Sales', 'pipe', '--overwrite'],
    before: async (rig) => assert.equal(spawnSync('mkfifo', [rig.path('pipe')]).status, 0),
    leaves: ['pipe'],
    exitCode: 8,
    reason: /not a regular file/,
  },
  {
    title: 'an existing checksum file',
    args: ['Sales', 's.zst', '--sha256'],
    before: (rig) => writeFile(rig.path('s.zst.sha256'), ''),
    leaves: ['s.zst.sha256'],
    exitCode: 8,
    reason: /s\.zst\.sha256.*exists already/,
  },
];

const plain: Case = { title: 'nothing unusual', exitCode: 7, reason: /./ };

const usage: [string, readonly string[]][] = [
  ['an unknown option', ['Sales', 's.zst', '--frobnicate']],
  ['an unknown type', ['Sales', 's.zst', '--type', 'whole']],
  ['a level that zstd does not have', ['Sales', 's.zst', '--compress', 'zstd:99']],
  ['an unknown compression', ['Sales', 's.zst', '--compress', 'gzip']],
  ['no threads', ['Sales', 's.zst', '--threads', '0']],
  ['a transfer size that is no step of 64 KiB', ['Sales', 's.zst', '--transfer-size', '100000']],
  ['a block size that is no power of two', ['Sales', 's.zst', '--block-size', '1000']],
  ['a rate of nothing', ['Sales', 's.zst', '--rate', '0']],
  ['65 stripes', ['Sales', '{stripe}.zst', '--stripes', '65']],
  ['the same file twice', ['Sales', 's.zst', './s.zst']],
  ['stdout beside a file', ['Sales', '-', 's.zst']],
  ['no file', ['Sales']],
  ['an unknown token', ['Sales', '{databse}.zst']],
  ['--with that makes it another kind of backup', ['Sales', 's.zst', '--with', 'DIFFERENTIAL']],
  [
    '--with that ends the statement',
    ['Sales', 's.zst', '--with', 'STATS = 1; DROP DATABASE Sales'],
  ],
  ['a stall timeout that is no duration', ['Sales', 's.zst', '--stall-timeout', 'soon']],
];

async function assertSecret(rig: Rig, ended: Ended): Promise<void> {
  const log = await readFile(`${rig.folder}.log`, 'utf8').catch(() => '');
  const places = [
    ended.stdout.toString('latin1'),
    ended.stderr,
    log,
    ...rig.judged(),
    ...rig.server.statements,
  ];
  for (const place of places) {
    for (const secret of [password, wrongPassword])
      assert.ok(!place.includes(secret), `a password in: ${place}`);
  }
}

function assertUntouched(rig: Rig): void {
  assert.ok(!rig.server.statements.some((text) => /^\s*BACKUP/i.test(text)), 'no BACKUP is sent');
  assert.ok(!rig.judged().some((line) => / Create .*NOERROR/.test(line)), 'no device set is made');
}

function attempt(rig: Rig, { args, env = {}, whole }: Case, ...more: string[]) {
  const all = [
    ...(whole?.(rig) ?? args ?? ['Sales', 's.zst']),
    '--log-file',
    `${rig.folder}.log`,
    ...more,
  ];
  return whole ? rig.bare(all, { env }).ended : rig.run(all, { env }).ended;
}

suite('what cannot work', { concurrency: 3 }, () => {
  for (const one of cases) {
    test(`${one.title}: exit ${one.exitCode}, one error line, nothing touched, no password anywhere`, () =>
      trial(
        one.leaves ?? [],
        async (rig) => {
          await one.before?.(rig);
          const ended = await attempt(rig, one);
          assertFailed(ended, one.exitCode, one.reason);
          if (one.hint) assert.match(ended.stderr, new RegExp(`^hint: .*${one.hint.source}`, 'm'));
          assertUntouched(rig);
          await assertSecret(rig, ended);
        },
        { databases, ...one.server },
      ));
  }

  for (const index of [0, 6, 8, 9, 14]) {
    const one = cases[index] as Case;
    test(`${one.title}, with --json: the last line is the error, and every line is JSON`, () =>
      trial(
        [],
        async (rig) => {
          const ended = await attempt(rig, one, '--json');
          const events = ended.stderr
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line));
          const { event, exitCode, message } = events.at(-1);
          assert.deepEqual(
            { event, exitCode, code: ended.code },
            { event: 'error', exitCode: one.exitCode, code: one.exitCode },
          );
          assert.match(message, one.reason);
          assert.equal(ended.stdout.length, 0);
          await assertSecret(rig, ended);
        },
        { databases, ...one.server },
      ));
  }
});

suite('nonsense on the command line', { concurrency: 3 }, () => {
  for (const [title, args] of usage) {
    test(`${title}: exit 2, one line, nothing touched`, () =>
      trial([], async (rig) => {
        const ended = await rig.run(args).ended;
        assertFailed(ended, 2, /./);
        assertUntouched(rig);
        await assertSecret(rig, ended);
      }));
  }
});

suite('more of what cannot work', { concurrency: 3 }, () => {
  test('a password on the command line works with one warning, which does not repeat it', () =>
    trial(['s.zst'], async (rig) => {
      const args = [...sqlServer(rig), '-C', '-P', password, 'Sales', 's.zst'];
      const ended = await rig.bare(args, { env: { SQLCMDPASSWORD: '' } }).ended;
      assertSucceeded(ended);
      assert.equal(ended.stderr.match(/^warning: .*password/gim)?.length, 1, ended.stderr);
      await assertSecret(rig, ended);
    }));

  test('an error of the server that quotes the password does not show it', () =>
    trial([], async (rig) => {
      rig.server.fault({ error: { number: 50000, text: `the password is ${password}` } });
      const ended = await attempt(rig, plain, '--log-level', 'debug');
      assertFailed(ended, 7, /Msg 50000: the password is /);
      await assertSecret(rig, ended);
    }));

  test('a second run on the same file: exit 11, and the first is not disturbed', () =>
    trial(['s.zst'], async (rig) => {
      rig.server.fault({ 'delay-3014': 60_000, 'late-attention': true });
      const first = rig.run(['Sales', 's.zst']);
      await first.until('Close', () => rig.judged().some((line) => / Close -> NOERROR/.test(line)));
      assertFailed(
        await rig.run(['Sales', './s.zst', '--overwrite']).ended,
        11,
        /being written by another run/,
      );
      assert.deepEqual(await rig.files(), ['s.zst.partial']);
      first.signal('SIGINT'); // comes too late, see abort.test.ts
      assertSucceeded(await first.ended);
    }));

  test('a folder without write permission: exit 8, nothing touched', () =>
    trial(['sealed'], async (rig) => {
      await mkdir(rig.path('sealed'));
      await chmod(rig.path('sealed'), 0o555);
      const args = [...sqlServer(rig), '-C', 'Sales', 'sealed/s.zst'];
      const command = [...withoutOverride(), process.execPath, binPath, ...args];
      const ended = await new Program(command, { cwd: rig.folder, env: rig.environment }).ended;
      assertFailed(ended, 8, /permission denied \(EACCES\)/);
      assertUntouched(rig);
      await assertSecret(rig, ended);
    }));

  test(
    'a file system that is mounted read-only: exit 8, nothing touched',
    { skip: mayMount() ? false : 'no mount namespaces here' },
    () =>
      trial([], async (rig) => {
        const args = [...sqlServer(rig), '-C', 'Sales', '/mnt/s.zst'];
        const script = 'mount -t tmpfs -o ro none /mnt && exec "$@"';
        const command = [
          'unshare',
          '--mount',
          '--map-root-user',
          'sh',
          '-c',
          script,
          'sh',
          process.execPath,
          binPath,
          ...args,
        ];
        const ended = await new Program(command, { cwd: rig.folder, env: rig.environment }).ended;
        assertFailed(ended, 8, /read-only file system \(EROFS\)/);
        assertUntouched(rig);
      }),
  );
});

/** Root may write anywhere, unless it gives up the capability to; everybody else may not anyway. */
function withoutOverride(): readonly string[] {
  if (process.getuid?.() !== 0) return [];
  return ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--'];
}

function mayMount(): boolean {
  const { status } = spawnSync('unshare', [
    '--mount',
    '--map-root-user',
    'mount',
    '-t',
    'tmpfs',
    'none',
    '/mnt',
  ]);
  return status === 0;
}
