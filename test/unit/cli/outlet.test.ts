// Real pipes: a FIFO whose reader stands still, comes late or goes.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Outlet } from '../../../src/cli/files/outlet.ts';

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
/** Longer than any machine takes to write a line into a pipe, milliseconds. */
const generous = 20_000;
/** The longest that a timer takes, milliseconds. */
const never = 2 ** 31 - 1;

suite('an outlet', { skip: process.platform !== 'linux' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'outlet-'));
  after(() => rmSync(folder, { recursive: true }));
  let fifos = 0;

  /** Both ends; `immediate` as the outlet takes it. */
  function pipe(immediate: boolean, options = {}) {
    const path = join(folder, `fifo-${++fifos}`);
    execFileSync('mkfifo', [path]);
    const reader = openSync(path, O_RDONLY | O_NONBLOCK);
    const descriptor = openSync(path, O_WRONLY | (immediate ? O_NONBLOCK : 0));
    const outlet = new Outlet({ descriptor, immediate }, options);
    const read = () => {
      const bytes = Buffer.alloc(4 * 1024 * 1024);
      try {
        return bytes.toString('latin1', 0, readSync(reader, bytes));
      } catch {
        return '';
      }
    };
    const readAll = async () => {
      let text = '';
      const drained = outlet.drained(generous, generous);
      const isOver = drained.then(() => true);
      for (;;) {
        const over = await Promise.race([isOver, new Promise((go) => setTimeout(go, 1, false))]);
        text += read();
        if (over) return { text, drained: await drained };
      }
    };
    return { outlet, read, readAll, reader };
  }

  test('writes at once where nothing stands in the way', () => {
    const { outlet, read } = pipe(true);
    outlet.write('one\n');
    outlet.write('two\n');
    assert.equal(read(), 'one\ntwo\n');
  });

  for (const immediate of [true, false]) {
    const kind = immediate ? 'of its own' : 'that is shared';
    test(`on a pipe ${kind} keeps what a slow reader does not take yet, in order, nothing twice`, async () => {
      const { outlet, readAll } = pipe(immediate);
      const lines = Array.from({ length: 20_000 }, (_, line) => `line ${line}\n`);
      for (const line of lines) outlet.write(line);
      assert.ok(outlet.backlog > 0, 'the pipe is full');
      const { text, drained } = await readAll();
      assert.equal(text, lines.join(''));
      assert.equal(drained, true);
    });
  }

  test('drops lines that nobody takes, counts them, and keeps what must come', async () => {
    const { outlet, readAll } = pipe(true, { maxBacklog: 1000 });
    const line = `${'x'.repeat(99)}\n`;
    for (let written = 0; written < 1000; written += 1) outlet.write(line);
    outlet.write('last\n', { always: true });
    assert.ok(outlet.backlog <= 1000 + 5, `${outlet.backlog}`);
    const lost = outlet.takeLost();
    assert.ok(lost > 0);
    const { text } = await readAll();
    assert.equal(text.split('\n').length - 1, 1000 - lost + 1);
    assert.match(text, /\nlast\n$/);
  });

  test('a reader that takes nothing is waited for no longer than asked, and not at all in a hurry', async () => {
    const { outlet } = pipe(true);
    outlet.write('x'.repeat(1024 * 1024));
    assert.equal(await outlet.drained(20, generous), false);
    assert.equal(await outlet.drained(generous, 20), false);
    const hurried = outlet.drained(never, never, Promise.resolve());
    assert.equal(await Promise.race([hurried, sleep(generous, 'late', { ref: false })]), false);
    assert.ok(outlet.backlog > 0);
  });

  test('a reader that is gone ends the writing, not the program', async () => {
    const failures: unknown[] = [];
    const { outlet, reader } = pipe(true, {
      onFailure: ({ code }: NodeJS.ErrnoException) => failures.push(code),
    });
    closeSync(reader);
    outlet.write('a\n');
    outlet.write('b\n');
    assert.deepEqual(failures, ['EPIPE']);
    assert.equal(outlet.takeLost(), 2);
    assert.equal(await outlet.drained(generous, generous), false);
  });

  test('a full disk drops a line and is tried again with the next', () => {
    const codes: unknown[] = [];
    const descriptor = openSync('/dev/full', O_WRONLY);
    const outlet = new Outlet(
      { descriptor, immediate: true },
      { onFailure: ({ code }: NodeJS.ErrnoException) => codes.push(code) },
    );
    outlet.write('a\n');
    outlet.write('b\n');
    assert.deepEqual(codes, ['ENOSPC', 'ENOSPC']);
  });
});
