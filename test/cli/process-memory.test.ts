// What others can see of the process: its command line, and the core that a crash would leave.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Program } from '../rig/program.ts';
import { binPath, password, type Rig } from '../rig/rig.ts';
import { assertSucceeded, trial } from '../rig/trial.ts';

const isServed = (rig: Rig) => () => rig.judged().some((line) => / GetCommand /.test(line));

suite('a password on the command line', { concurrency: 2 }, () => {
  const spellings: [what: string, words: string[], shown: string][] = [
    ['-P word', ['-P', password], '-P ***'],
    ['-Pword', [`-P${password}`], '-P***'],
    ['--password=word', [`--password=${password}`], '--password=***'],
    ['-CP word', ['-CP', password], '-CP ***'],
  ];
  for (const [what, words, shown] of spellings)
    test(`${what}: is gone from it, the other words stay`, () =>
      trial(['s.zst'], async (rig) => {
        rig.connectionEnvironment = {};
        rig.server.fault({ 'delay-begin': 1000 });
        const program = rig.run([...words, 'Sales', 's.zst']);
        await program.until('BACKUP', () =>
          rig.server.statements.some((text) => text.startsWith('BACKUP')),
        );
        const line = readFileSync(`/proc/${program.pid}/cmdline`, 'utf8');
        assertSucceeded(await program.ended);
        assert.ok(!line.includes(password), line);
        assert.equal(
          line.replace(/\0+$/, ''),
          `vdibackup ${rig.connection.join(' ')} ${shown} Sales s.zst`,
        );
      }));

  test('without one the command line stays as it is', () =>
    trial(['s.zst'], async (rig) => {
      rig.server.fault({ 'delay-begin': 500 });
      const program = rig.run(['Sales', 's.zst']);
      await program.until('BACKUP', () =>
        rig.server.statements.some((text) => text.startsWith('BACKUP')),
      );
      const words = readFileSync(`/proc/${program.pid}/cmdline`, 'utf8').split('\0').slice(1, -1);
      assert.deepEqual(words, [binPath, ...rig.connection, 'Sales', 's.zst']);
      assertSucceeded(await program.ended);
    }));
});

/** `command` as the child of a shell that says how it ended, with cores as large as this machine allows. */
function underShell(command: readonly string[], cwd: string, env: Record<string, string>): Program {
  const script = 'ulimit -c unlimited || ulimit -c; "$@"; echo "ended with $?"';
  return new Program(['sh', '-c', script, 'sh', ...command], { cwd, env });
}

function childOf({ pid }: Program): string {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
}

/** Aborts the child of `shell`; whether the system made a core of it. */
async function abortChild(shell: Program): Promise<boolean> {
  process.kill(Number(childOf(shell)), 'SIGABRT');
  const { stdout, stderr } = await shell.ended;
  assert.match(stdout.toString(), /ended with 134/);
  return stderr.includes('core dumped');
}

/** Whether this machine makes cores at all: of any program that does nothing about it. */
async function makesCores(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'vdibackup-test-'));
  try {
    const shell = underShell(['sleep', '60'], folder, {});
    const isSleeping = () =>
      childOf(shell) !== '' &&
      readFileSync(`/proc/${childOf(shell)}/cmdline`, 'utf8').startsWith('sleep');
    await shell.until('sleep', isSleeping);
    return await abortChild(shell);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('a backup that crashes leaves no core, where other programs leave one', (t) =>
  trial(['s.zst.partial'], async (rig) => {
    rig.server.fault({ 'silence-at': 9_000_000 });
    const run = [process.execPath, binPath, ...rig.connection, 'Sales', 's.zst'];
    const shell = underShell(run, rig.folder, rig.environment);
    await shell.until('a command', isServed(rig));
    const limits = readFileSync(`/proc/${childOf(shell)}/limits`, 'utf8');
    const [, soft, hard] = /^Max core file size\s+(\S+)\s+(\S+)/m.exec(limits) ?? [];
    assert.equal(soft, hard === '0' ? '0' : '1', limits);
    assert.equal(await abortChild(shell), false);
    if (!(await makesCores())) t.diagnostic('no cores are made here: only the limit was tested');
  }));

/** O_CLOEXEC in /proc/PID/fdinfo, octal. */
const closesOnExec = 0o2000000;

test('what the VDI library prints, and where the program prints instead, is for no other program', () =>
  trial(['s.zst.partial'], async (rig) => {
    rig.server.fault({ 'silence-at': 9_000_000 });
    const program = rig.run(['Sales', 's.zst']);
    await program.until('a command', isServed(rig));
    const base = `/proc/${program.pid}`;
    const links = readdirSync(`${base}/fd`).map(
      (fd) => [Number(fd), readlinkSync(`${base}/fd/${fd}`)] as const,
    );
    const memory = links.filter(([fd, to]) => fd > 2 && to.includes('memfd:sqlvdi'));
    assert.equal(memory.length, 1, JSON.stringify(links));
    const taken = links.filter(([fd]) => fd === 1 || fd === 2).map(([, to]) => to);
    assert.ok(
      taken.every((to) => to.includes('memfd:sqlvdi')),
      JSON.stringify(taken),
    );
    const flags = links
      .filter(([fd, to]) => fd > 2 && (to.includes('memfd') || to.startsWith('socket:')))
      .map(([fd, to]) => {
        const info = readFileSync(`${base}/fdinfo/${fd}`, 'utf8');
        const bits = Number.parseInt(/^flags:\s*(\d+)/m.exec(info)?.[1] ?? '0', 8);
        return [to, (bits & closesOnExec) !== 0];
      });
    assert.ok(flags.length >= 3, JSON.stringify(flags));
    assert.deepEqual(
      flags.filter(([, closed]) => !closed),
      [],
    );
    program.signal('SIGKILL');
    await program.ended;
  }));
