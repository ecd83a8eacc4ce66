// The real program in a process of its own: what is said on which stream, and the exit code.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..', '..', '..');
const built = join(import.meta.dirname, '..', '..');
/** What users run; a private build beside `dist` has no bin of its own. */
const bin =
  basename(built) === 'dist'
    ? join(root, 'bin', 'vdibackup.js')
    : join(built, 'src', 'cli', 'main.js');

function vdibackup(argv: readonly string[], env: Record<string, string> = {}) {
  const { PATH = '' } = process.env;
  return spawnSync(process.execPath, [bin, ...argv], {
    encoding: 'utf8',
    env: { PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

test('--help is on stdout, as kept in help.txt', () => {
  const { status, stdout, stderr } = vdibackup(['--help']);
  assert.equal(stdout, readFileSync(join(root, 'test', 'cli', 'help.txt'), 'utf8'));
  assert.equal(stderr, '');
  assert.equal(status, 0);
});

for (const argv of [['-h'], ['help'], ['backup', '--help'], ['help', 'backup'], ['Sales', '-h']]) {
  test(`${argv.join(' ')} is help too`, () => {
    const { status, stdout, stderr } = vdibackup(argv);
    assert.match(stdout, /^Usage: vdibackup /);
    assert.equal(stderr, '');
    assert.equal(status, 0);
  });
}

test('--help fits 80 columns', () => {
  for (const line of vdibackup(['--help']).stdout.split('\n')) assert.ok(line.length <= 80, line);
});

test('a name that is not UTF-8 is refused: another file would bear what is left of it', () => {
  const command = `exec '${process.execPath}' '${bin}' extract '${bin}' "$(printf 'x\\377.bak')"`;
  const { status, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  assert.equal(status, 2, stderr);
  assert.match(stderr, /^FAILED: argument 3 holds bytes that are not UTF-8 \(exit 2\)$/m);
});

test('--version is the package’s, on stdout', () => {
  const { status, stdout, stderr } = vdibackup(['--version']);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert.deepEqual([status, stdout, stderr], [0, `${version}\n`, '']);
});

const refused: [string, string[], Record<string, string>][] = [
  ['nothing at all', [], {}],
  ['a database only', ['Sales'], {}],
  ['an unknown option', ['--strips', '2', 'Sales', 'x.bak'], {}],
  ['no login', ['Sales', 'x.bak'], {}],
  ['a verb that is not there yet', ['bench', 'x.bak'], {}],
  ['a user without password and terminal', ['-Usa', 'Sales', 'x.bak'], {}],
  ['a missing password file', ['-Usa', '--password-file=/no/such', 'Sales', 'x.bak'], {}],
  ['a bad environment', ['Sales', 'x.bak'], { SQLCMDLOGINTIMEOUT: 'soon' }],
  ['a bad connection string', ['Sales', 'x.bak'], { VDIBACKUP_CONNECTION_STRING: 'x' }],
  ['a log file in no folder', ['--log-file=/no/such/log', 'Sales', 'x.bak'], { SQLCMDUSER: 'u' }],
];

for (const [title, argv, env] of refused) {
  test(`${title}: exit 2, one error line, one FAILED line, stdout empty`, () => {
    const { status, stdout, stderr } = vdibackup(argv, env);
    assert.match(stderr, /^error: [^\n]+\nFAILED[^\n]*: [^\n]+ \(exit 2\)\n$/);
    assert.equal(stdout, '');
    assert.equal(status, 2);
  });

  test(`${title} with --json: one object, exit 2`, () => {
    const { status, stdout, stderr } = vdibackup([...argv, '--json'], env);
    assert.match(stderr, /^[^\n]+\n$/);
    const { event, exitCode, code, message, hints, causes } = JSON.parse(stderr);
    assert.deepEqual(
      [event, exitCode, typeof code, typeof message],
      ['error', 2, 'string', 'string'],
    );
    assert.ok(Array.isArray(hints) && Array.isArray(causes));
    assert.equal(stdout, '');
    assert.equal(status, 2);
  });
}

const beside: readonly (readonly string[])[] = [
  ['backup', 'Sales', 'FILE', '--overwrite'],
  ['backup', 'Sales', 'FILE', '--dry-run'],
  ['backup', 'Sales', '{database}.bak', '--overwrite'],
  ['restore', 'Sales', 'FILE'],
  ['restore', 'Sales', '-'],
  ['drill', 'FILE'],
  ['drill', 'other.bak', '--assert-file', 'FILE'],
  ['drill', 'other.bak', '--junit', 'FILE'],
  ['verify', 'FILE'],
  ['verify', 'FILE', '--verifyonly', '-U', 'u', '-P', 'p'],
  ['info', 'FILE'],
  ['extract', 'FILE', 'out.bak'],
  ['extract', 'other.bak', 'FILE', '--overwrite'],
];
for (const words of beside)
  test(`${words.join(' ')} does not log into one of its files`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'vdibackup-log-'));
    const file = join(folder, 'Sales.bak');
    const content = '-- expect: 1\nSELECT 1\n';
    writeFileSync(file, content);
    const argv = words.map((word) => (word === 'FILE' ? file : word));
    const { status, stderr } = spawnSync(process.execPath, [bin, ...argv, '--log-file', file], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, SQLCMDUSER: 'u', SQLCMDPASSWORD: 'p' },
      stdio: [openSync(file, 'r'), 'pipe', 'pipe'],
    });
    const now = readFileSync(file, 'utf8');
    rmSync(folder, { recursive: true });
    assert.match(stderr, /^error: --log-file must not write .*: the job itself/m);
    assert.equal(status, 2, stderr);
    assert.equal(now, content);
  });
