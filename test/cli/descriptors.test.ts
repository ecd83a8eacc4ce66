// What a caller lends: standard input, output and error. Linux only: /proc tells.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { awaitIdle } from '../rig/aborting.ts';
import { shell } from '../rig/shell.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';

const closed = /standard output is closed/;
/** Of the descriptors that `grep` shares with the program before and after it, to descriptor 3. */
const flags = [0, 1, 2]
  .map((fd) => `grep -h flags: /proc/self/fdinfo/${fd === 1 ? 4 : fd} 4>&1 >&3`)
  .join('; ');

suite('standard output that is closed', { skip: process.platform !== 'linux' }, () => {
  const commands: [string, readonly string[], string][] = [
    ['a backup to -', ['-C', 'Sales', '-'], 'FAILED'],
    ['extract to -', ['extract', 's.zst', '-'], 'FAILED'],
    ['info --json', ['info', '--json', 's.zst'], '"exitCode":8'],
    ['verify --json', ['verify', '--json', 's.zst'], '"exitCode":8'],
    ['doctor', ['doctor', '-C'], 'FAILED'],
    ['drill', ['drill', '-C', 's.zst'], 'FAILED'],
    ['--help', ['--help'], 'FAILED'],
    ['--version', ['--version'], 'FAILED'],
  ];
  test('is no success, and nothing has begun; /dev/null is one', () =>
    trial(['s.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      const logins = rig.server.logins.length;
      for (const [title, args, word] of commands) {
        const ended = await shell(rig, '"$@" >&-', args).ended;
        assert.equal(ended.code, 8, `${title}: ${ended.stderr}`);
        assert.match(ended.lastLine, closed, title);
        assert.ok(ended.lastLine.includes(word), title);
      }
      assert.equal(rig.server.logins.length, logins);
      for (const args of [['--help'], ['info', '--json', 's.zst'], ['extract', 's.zst', '-']])
        assert.equal((await shell(rig, '"$@" > /dev/null', args).ended).code, 0);
    }));
});

suite('a pipe of the caller', { skip: process.platform !== 'linux' }, () => {
  const slowly = ['-C', '--rate', '1MiB/s', 'Sales', '-'];
  const runs: [string, readonly string[], string][] = [
    ['a backup to a file', ['-C', 'Sales', 's.zst'], '"$@"'],
    ['a backup to standard output', ['-C', 'Sales', '-'], '"$@"'],
    ['a failed verification', ['verify', 'none'], '"$@"'],
    ['--version', ['--version'], '"$@"'],
    ['kill -9 in mid-stream', slowly, 'timeout -s KILL 2 "$@"'],
    ['a signal in mid-stream', slowly, 'timeout -s INT 2 "$@"'],
  ];
  for (const [title, args, command] of runs)
    test(`keeps its flags after ${title}`, () =>
      trial(['flags', ...args.filter((word) => word === 's.zst')], async (rig) => {
        // Pipes of the shell: those that Node.js gives a child are sockets.
        const script = `: | { ${flags}; ${command}; ${flags}; } 3> flags 2>&1 | cat`;
        const env = { SQLCMDUSER: 'sa', SQLCMDSERVER: `127.0.0.1,${rig.server.port}` };
        await shell(rig, script, args, { env }).ended;
        const lines = (await rig.read('flags')).toString().trim().split('\n');
        assert.equal(lines.length, 6);
        assert.deepEqual(lines.slice(3), lines.slice(0, 3));
        await awaitIdle(rig);
      }));
});

suite('what the system has run out of', { skip: process.platform !== 'linux' }, () => {
  test('a current folder that was removed ends in words, exit 5', () =>
    trial([], async (rig) => {
      const script = 'mkdir gone && cd gone && rmdir ../gone && "$@"';
      const ended = await shell(rig, script, ['verify', 's.zst']).ended;
      assertFailed(ended, 5, /the current folder does not exist any more/);
    }));

  test('too few descriptors end in words, nothing is left, and the next run works', () =>
    trial(['s.zst'], async (rig) => {
      const env = { SQLCMDUSER: 'sa', SQLCMDSERVER: `127.0.0.1,${rig.server.port}` };
      const args = ['-C', 'Sales', 's.zst'];
      const ended = await shell(rig, 'ulimit -n 28; "$@"', args, { env }).ended;
      assert.notEqual(ended.code, 0);
      assert.doesNotMatch(ended.stderr, /internal error/);
      assert.deepEqual(await rig.files(), []);
      assertSucceeded(await shell(rig, '"$@"', args, { env }).ended);
    }));
});
