import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStdoutSink } from '../../../src/storage/stdout-sink.ts';
import { temporaryFolder } from '../archive/rig.ts';

const child = join(import.meta.dirname, 'child.js');
const windows = process.platform === 'win32';
const MiB = 1 << 20;

function start(bytes: number, stdout: 'pipe' | number): ChildProcess {
  return spawn(process.execPath, [child, 'stdout', String(bytes)], {
    stdio: ['ignore', stdout, 'pipe'],
  });
}

async function reported(process_: ChildProcess): Promise<unknown> {
  let text = '';
  process_.stderr?.on('data', (data) => {
    text += data;
  });
  await once(process_, 'close');
  return JSON.parse(text.trim().split('\n').at(-1) ?? '');
}

describe('standard output sink', () => {
  for (const size of [0, 1, 65535, 65536, 65537, 9 * MiB + 1]) {
    it(`passes ${size} bytes into a pipe and lets the process end`, async () => {
      const run = start(size, 'pipe');
      let seen = 0;
      run.stdout?.on('data', (data: Buffer) => {
        seen += data.length;
      });
      assert.deepEqual(await reported(run), { done: true });
      assert.equal(seen, size);
      assert.equal(run.exitCode, 0);
    });
  }

  it('waits for a slow reader', async () => {
    const run = start(4 * MiB, 'pipe');
    const report = reported(run);
    await sleep(300);
    assert.equal(run.exitCode, null);
    let seen = 0;
    run.stdout?.on('data', (data: Buffer) => {
      seen += data.length;
    });
    assert.deepEqual(await report, { done: true });
    assert.equal(seen, 4 * MiB);
  });

  it('reports a reader that went away', async () => {
    const run = start(64 * MiB, 'pipe');
    run.stdout?.once('data', () => run.stdout?.destroy());
    assert.deepEqual(await reported(run), {
      message: 'cannot write standard output: broken pipe (EPIPE)',
      kind: 'io',
      code: 'broken-pipe',
      win32: 109,
    });
  });

  it('writes a redirected file where the shell left it', { skip: windows }, async () => {
    const path = join(await temporaryFolder(), 'out');
    const script = `{ echo before; "$0" "$1" stdout 3000000; } > "$2"`;
    const run = spawnSync('/bin/sh', ['-c', script, process.execPath, child, path]);
    assert.match(String(run.stderr), /done/);
    assert.equal(statSync(path).size, 7 + 3_000_000);
  });

  it('takes /dev/null', { skip: windows }, async () => {
    const fd = openSync('/dev/null', 'w');
    assert.deepEqual(await reported(start(2 * MiB, fd)), { done: true });
    closeSync(fd);
  });

  it('reports a full device', { skip: process.platform !== 'linux' }, async () => {
    const fd = openSync('/dev/full', 'w');
    const seen = (await reported(start(1, fd))) as { code: string; win32: number };
    assert.deepEqual([seen.code, seen.win32], ['disk-full', 112]);
    closeSync(fd);
  });

  it('refuses a descriptor that is not open', () => {
    assert.throws(() => openStdoutSink(987), /^Failure: cannot write standard output: .*\(EBADF\)/);
  });

  it('refuses a terminal', { skip: spawnSync('script', ['-V']).error !== undefined }, () => {
    const command = `${process.execPath} ${child} stdout 1`;
    const run = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8' });
    assert.match(run.stdout, /"kind":"usage","code":"stdout-is-a-terminal"/);
  });

  it('given up while a reader stands still rejects the write', { skip: windows }, async () => {
    const path = join(await temporaryFolder(), 'fifo');
    spawnSync('mkfifo', [path]);
    // Open for both ends: there is a reader, and it never reads.
    const sink = openStdoutSink(openSync(path, constants.O_RDWR));
    const rejected = assert.rejects(sink.write(new Uint8Array(4 * MiB), 0));
    await sleep(50);
    assert.equal(await sink.discard(), true);
    assert.equal(await sink.discard(), true);
    await rejected;
    await assert.rejects(sink.write(new Uint8Array(1), 0));
  });
});
