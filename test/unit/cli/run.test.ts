// From argv and environment to the request that the job gets, and to the lines that a person reads.

import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../../src/base/errors.ts';
import { Run } from '../../../src/cli/run.ts';
import type { Surroundings } from '../../../src/cli/surroundings.ts';
import type { BackupRequest } from '../../../src/job/request/backup-request.ts';
import { surroundings } from './surroundings.ts';

// Nowhere UTC, so that local time and --utc differ.
process.env.TZ = 'Asia/Kolkata';

async function request(
  argv: readonly string[],
  overrides: Partial<Surroundings> = {},
): Promise<BackupRequest> {
  const told = surroundings({ argv, ...overrides });
  assert.equal(await new Run(told.around).start(), 0, told.err());
  assert.equal(told.requests.length, 1);
  return told.requests[0] as BackupRequest;
}

async function refusal(
  argv: readonly string[],
  overrides: Partial<Surroundings> = {},
): Promise<string> {
  const told = surroundings({ argv, ...overrides });
  assert.equal(await new Run(told.around).start(), 2, told.err());
  assert.equal(told.requests.length, 0);
  const lines = told.err().trimEnd().split('\n');
  const errors = lines.filter((line) => line.startsWith('error: '));
  assert.equal(errors.length, 1, told.err());
  assert.match(lines.at(-1) ?? '', /^FAILED.* \(exit 2\)$/);
  return errors[0] ?? '';
}

test('a bare command line becomes the documented defaults', async () => {
  const { connection, ...rest } = await request(['Sales', 'sales.bak.zst']);
  const { scrub, ...given } = connection;
  assert.equal(scrub('correct horse!'), '***!');
  assert.deepEqual(
    { ...rest, connection: given },
    {
      database: 'Sales',
      type: 'copy',
      files: [resolve('sales.bak.zst')],
      connection: {
        host: 'localhost',
        integrated: false,
        login: { user: 'backup', password: 'correct horse' },
        encrypt: 'mandatory',
        trustServerCertificate: false,
        loginTimeout: 8,
      },
      compression: { kind: 'zstd', level: 3 },
      threads: 8,
      assumeLocal: false,
      transferSize: 4 * 1024 * 1024,
      checksum: true,
      overwrite: false,
      dryRun: false,
      sha256: false,
      stallTimeout: 900_000,
    },
  );
});

test('the request is frozen', async () => {
  const frozen = await request(['Sales', 'sales.bak.zst']);
  for (const part of [frozen, frozen.files, frozen.connection]) assert.ok(Object.isFrozen(part));
});

const requests: [string, string[], Partial<BackupRequest>][] = [
  ['the long form', ['backup', 'Sales', 'x'], { database: 'Sales', files: [resolve('x')] }],
  ['options before the verb', ['-S', '.', 'backup', 'Sales', 'x'], { database: 'Sales' }],
  ['a database named like the verb', ['backup', 'backup', 'x'], { database: 'backup' }],
  ['a verb behind --', ['--', 'backup', 'x'], { database: 'backup', files: [resolve('x')] }],
  ['an option value that is a verb', ['-H', 'backup', 'Sales', 'x'], { database: 'Sales' }],
  ['local time', ['S', '{timestamp}'], { files: [resolve('20260304_103607')] }],
  ['several files', ['Sales', 'a', 'b'], { files: [resolve('a'), resolve('b')] }],
  ['stdout', ['Sales', '-'], { files: ['-'] }],
  ['--type in any case', ['--type', 'LOG', 'Sales', 'x'], { type: 'log' }],
  [
    '--compress zstd',
    ['--compress', 'zstd', 'S', 'x'],
    { compression: { kind: 'zstd', level: 3 } },
  ],
  [
    '--compress zstd:-7',
    ['--compress', 'zstd:-7', 'S', 'x'],
    { compression: { kind: 'zstd', level: -7 } },
  ],
  ['--compress server', ['--compress=server', 'S', 'x'], { compression: { kind: 'server' } }],
  ['--compress none', ['--compress=none', 'S', 'x'], { compression: { kind: 'none' } }],
  ['--threads', ['--threads', '3', 'S', 'x'], { threads: 3 }],
  ['--transfer-size', ['--transfer-size', '64K', 'S', 'x'], { transferSize: 65_536 }],
  ['--block-size', ['--block-size', '65536', 'S', 'x'], { blockSize: 65_536 }],
  ['--buffer-count', ['--buffer-count', '20', 'S', 'x'], { bufferCount: 20 }],
  ['--no-checksum', ['--no-checksum', 'S', 'x'], { checksum: false }],
  ['--checksum after --no-checksum', ['--no-checksum', '--checksum', 'S', 'x'], { checksum: true }],
  ['--overwrite', ['--overwrite', 'S', 'x'], { overwrite: true }],
  ['--with', ['--with', 'MEDIANAME = N’a’', 'S', 'x'], { with: 'MEDIANAME = N’a’' }],
  ['--name', ['--name', 'nightly', 'S', 'x'], { name: 'nightly' }],
  ['--description', ['--description', 'd', 'S', 'x'], { description: 'd' }],
  ['--stripes 1', ['--stripes', '1', 'S', 'x'], { files: [resolve('x')] }],
  ['-n', ['-n', 'S', 'x'], { dryRun: true }],
  ['--sha256', ['--sha256', 'S', 'x'], { sha256: true }],
  ['--rate', ['--rate', '100MiB/s', 'S', 'x'], { rate: 104_857_600 }],
  ['--stall-timeout off', ['--stall-timeout', 'off', 'S', 'x'], { stallTimeout: 0 }],
  ['--stall-timeout', ['--stall-timeout', '90s', 'S', 'x'], { stallTimeout: 90_000 }],
  ['--assume-local', ['--assume-local', 'S', 'x'], { assumeLocal: true }],
  ['--vdi-library', ['--vdi-library', '/l.so', 'S', 'x'], { vdiLibrary: '/l.so' }],
  [
    '--stripes',
    ['--stripes', '2', 'S', 's_{stripe}of{stripes}.bak'],
    { files: [resolve('s_1of2.bak'), resolve('s_2of2.bak')] },
  ],
  [
    'tokens',
    [
      '--utc',
      '--type=full',
      '-S.\\SQL1',
      'S:1',
      '{database}_{type}_{server}_{instance}_{timestamp}',
    ],
    { files: [resolve('S_1~de34ad40_full_db1_SQL1_20260304_050607')] },
  ],
];

for (const [title, argv, expected] of requests) {
  test(`accepts ${title}`, async () => {
    const actual = await request(argv);
    for (const [key, value] of Object.entries(expected)) {
      assert.deepEqual(actual[key as keyof BackupRequest], value, key);
    }
  });
}

test('VDIBACKUP_VDI_LIBRARY is used, and the option comes before it', async () => {
  const env = { SQLCMDUSER: 'u', SQLCMDPASSWORD: 'p', VDIBACKUP_VDI_LIBRARY: '/env.so' };
  assert.equal((await request(['S', 'x'], { env })).vdiLibrary, '/env.so');
  assert.equal((await request(['--vdi-library=/o.so', 'S', 'x'], { env })).vdiLibrary, '/o.so');
});

const refusals: [string, string[], RegExp][] = [
  ['nothing', [], /no database named/],
  ['no file', ['Sales'], /no destination file named/],
  ['an unknown option', ['--strips', '4', 'S', 'x'], /'--strips'\. Did you mean --stripes\?/],
  ['an option without its value', ['Sales', 'x', '-S'], /'-S, --server <name>' argument missing/],
  ['a bad type', ['--type', 'fulll', 'S', 'x'], /--type must be one of copy, full, diff, log/],
  ['a bad compression', ['--compress', 'gzip', 'S', 'x'], /zstd:LEVEL with a level from -7 to 19/],
  ['a bad level', ['--compress', 'zstd:20', 'S', 'x'], /not 'zstd:20'/],
  ['no threads', ['--threads', '0', 'S', 'x'], /from 1 to 256/],
  ['half threads', ['--threads', '1.5', 'S', 'x'], /whole number/],
  ['an odd transfer size', ['--transfer-size', '100K', 'S', 'x'], /multiple of 64KiB/],
  ['a large transfer size', ['--transfer-size', '8MiB', 'S', 'x'], /64KiB to 4MiB/],
  ['no transfer size', ['--transfer-size', '0', 'S', 'x'], /64KiB to 4MiB/],
  ['an odd block size', ['--block-size', '1000', 'S', 'x'], /power of two from 512/],
  ['a small block size', ['--block-size', '256', 'S', 'x'], /power of two from 512/],
  ['a large block size', ['--block-size', '128KiB', 'S', 'x'], /power of two from 512/],
  ['no buffers', ['--buffer-count', '0', 'S', 'x'], /from 1 to 1024/],
  ['a long name', ['--name', 'x'.repeat(129), 'S', 'x'], /1 to 128/],
  ['a long description', ['--description', 'x'.repeat(256), 'S', 'x'], /1 to 255/],
  ['a bad rate', ['--rate', 'fast', 'S', 'x'], /100MiB\/s/],
  ['a slow rate', ['--rate', '1K/s', 'S', 'x'], /from 64.0 KiB\/s/],
  ['a bad stall timeout', ['--stall-timeout', 'soon', 'S', 'x'], /off or a duration/],
  ['a short stall timeout', ['--stall-timeout', '1ms', 'S', 'x'], /from 1s to 7d/],
  ['a bad progress', ['--progress', 'loud', 'S', 'x'], /auto, bar, plain, none/],
  ['a bad log level', ['--log-level', 'loud', 'S', 'x'], /error, warn, info, debug/],
  ['- beside a file', ['S', '-', 'x'], /one stripe only/],
  ['- with --sha256', ['--sha256', 'S', '-'], /--sha256 needs a file/],
  ['- with --overwrite', ['--overwrite', 'S', '-'], /--overwrite needs a file/],
  ['- with --stripes', ['--stripes', '2', 'S', '-'], /--stripes needs files/],
  ['65 files', ['S', ...Array.from({ length: 65 }, (_, i) => `f${i}`)], /65 files.*at most 64/],
  ['65 stripes', ['--stripes', '65', 'S', '{stripe}'], /from 1 to 64/],
  ['stripes without {stripe}', ['--stripes', '2', 'S', 'x'], /needs \{stripe\}/],
  ['stripes of two names', ['--stripes', '2', 'S', '{stripe}', 'y'], /one file name/],
  ['an unknown token', ['S', '{date}.bak'], /unknown token \{date\}.*\{timestamp\}/],
  ['an empty file name', ['S', ''], /a file name is empty/],
  ['a folder', ['S', 'folder/'], /names a folder/],
  ['the folder it runs in', ['S', '.'], /'\.' names a folder/],
  ['the folder above', ['S', '..'], /'\.\.' names a folder/],
  ['a folder by its dot', ['S', 'folder/.'], /names a folder/],
  ['a word too many', ['extract', 'a', 'b', 'c'], /but got 3\. Try/],
  ['an empty database name', ['', 'x'], /1 to 128 characters/],
  ['a long database name', ['d'.repeat(129), 'x'], /1 to 128 characters/],
  ['several databases', ['USER_DATABASES', 'x'], /selects several databases/],
  ['-E with -U', ['-E', '-U', 'sa', 'S', 'x'], /-E .*excludes -U/],
  [
    '-P with --password-file',
    ['-Usa', '-Pabcd', '--password-file=f', 'S', 'x'],
    /exclude each other/,
  ],
  ['a bad encryption', ['-Nx', 'S', 'x'], /-N must be followed by s/],
  ['a bad login timeout', ['-l', '65535', 'S', 'x'], /-l must be a whole number from 0 to 65534/],
  ['a bad intent', ['-K', 'rw', 'S', 'x'], /-K must be one of/],
];

for (const [title, argv, expected] of refusals) {
  test(`refuses ${title}`, async () => assert.match(await refusal(argv), expected));
}

test('refuses a backup to a terminal, but not its dry run', async () => {
  const overrides = { stdoutIsTerminal: true };
  assert.match(await refusal(['S', '-'], overrides), /stdout is a terminal/);
  assert.equal((await request(['-n', 'S', '-'], overrides)).dryRun, true);
});

test('an unknown option is named without what may be a secret', async () => {
  for (const argv of [
    ['--pasword=hunter2!', 'S', 'x'],
    ['-phunter2!', 'S', 'x'],
  ]) {
    const told = surroundings({ argv });
    assert.equal(await new Run(told.around).start(), 2);
    assert.doesNotMatch(told.err(), /hunter2/);
  }
});

test('a refused command line does not say the password', async () => {
  for (const flag of [
    ['-P', 'hunter2!'],
    ['-Phunter2!'],
    ['--password=hunter2!'],
    ['-CPhunter2!'],
  ]) {
    const told = surroundings({ argv: ['-Usa', ...flag, '--type', 'hunter2!', 'S', 'x'] });
    assert.equal(await new Run(told.around).start(), 2);
    assert.match(told.err(), /not '\*\*\*'/, flag.join(' '));
    assert.doesNotMatch(told.err(), /hunter2/);
  }
});

test('a refused command line does not say the password of the environment', async () => {
  const told = surroundings({ argv: ['--type', 'correct horse', 'S', 'x'] });
  assert.equal(await new Run(told.around).start(), 2);
  assert.match(told.err(), /not '\*\*\*'/);
});

test('with --json everything on stderr is JSON, and the last line is the error', async () => {
  const told = surroundings({ argv: ['--type', 'x', 'S', 'x', '--json'] });
  assert.equal(await new Run(told.around).start(), 2);
  const lines = told.err().trimEnd().split('\n');
  assert.equal(lines.length, 1);
  const error = JSON.parse(lines[0] ?? '');
  assert.equal(error.event, 'error');
  assert.equal(error.exitCode, 2);
  assert.equal(error.code, 'invalid-value');
});

test('a job that fails ends in its words, hints and exit code, without secrets', async () => {
  const failure = new Failure('disk-full', "cannot write 'x': disk full (correct horse)", {
    hints: ['Free some space.'],
    cause: new Error('ENOSPC correct%20horse'),
  });
  const told = surroundings({ argv: ['--type', 'diff', 'Sales', 'x'] }, () =>
    Promise.reject(failure),
  );
  assert.equal(await new Run(told.around).start(), 8);
  assert.equal(
    told.err(),
    `error: cannot write 'x': disk full (***)
caused by: ENOSPC ***
hint: Free some space.
FAILED Sales diff: cannot write 'x': disk full (***) (exit 8)
`,
  );
});

test('a job that succeeds ends in the OK line and nothing after it', async () => {
  const told = surroundings({ argv: ['Sales', 'sales.bak'] });
  assert.equal(await new Run(told.around).start(), 0);
  told.around.output.line('too late');
  assert.equal(
    told.err(),
    'OK Sales copy 389.4 GiB -> 101.2 GiB (3.85x) in 4m12s 1.55 GiB/s file=sales.bak set=5d1b8d9e-0d5c-4d52-9a7d-3a4c4d5e6f70\n',
  );
  assert.equal(told.out(), '');
});

test('no job begins once the run was stopped', async () => {
  const told = surroundings({ argv: ['Sales', 'sales.bak'] });
  told.around.abort.raise(new Failure('terminated', 'terminated by SIGTERM'));
  assert.equal(await new Run(told.around).start(), 143);
  assert.equal(told.requests.length, 0);
});

test('--version is said on stdout', async () => {
  const told = surroundings({ argv: ['--version'] });
  assert.equal(await new Run(told.around).start(), 0);
  assert.match(told.out(), /^\d+\.\d+\.\d+\n$/);
  assert.equal(told.err(), '');
});

test('doctor: a report that nobody gets is no success; a problem comes first', async () => {
  const problem = { check: 'server', level: 'problem', code: 'off', message: 'it is off' } as const;
  for (const [healthy, exitCode] of [
    [true, 8],
    [false, 5],
  ] as const) {
    const findings = healthy ? [] : [problem];
    const told = surroundings({ argv: ['doctor'], writeOut: async () => false }, undefined, {
      doctorJob: async () => ({ job: 'doctor', healthy, findings }),
    });
    assert.equal(await new Run(told.around).start(), exitCode, told.err());
  }
});
