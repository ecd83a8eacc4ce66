// Where the command line meets the operating system: pipes, signals, keyboard, log file.

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Abort } from '../../../src/base/abort.ts';
import { Failure } from '../../../src/base/errors.ts';
import { Run } from '../../../src/cli/run.ts';
import { askPassword, type Keyboard } from '../../../src/cli/secrets/password-prompt.ts';
import { catchSignals } from '../../../src/cli/signals.ts';
import { summary, surroundings } from './surroundings.ts';

const folder = mkdtempSync(join(tmpdir(), 'vdibackup-cli-'));
after(() => rmSync(folder, { recursive: true }));

const options = { platform: 'linux', ignoresHangup: () => false } as const;

for (const [signal, kind] of [
  ['SIGINT', 'interrupted'],
  ['SIGTERM', 'terminated'],
  ['SIGHUP', 'terminated'],
] as const) {
  test(`${signal} aborts as ${kind}; the second one hurries, the third changes nothing`, () => {
    const source = new EventEmitter();
    const abort = new Abort();
    const said: [string, boolean][] = [];
    catchSignals(source, options, abort, (reason, again) => said.push([reason, again]));
    let hurries = 0;
    abort.onHurry(() => {
      hurries += 1;
    });
    source.emit(signal, signal);
    assert.equal((abort.cause as Failure).kind, kind);
    assert.equal(hurries, 0);
    source.emit('SIGTERM', 'SIGTERM');
    source.emit(signal, signal);
    assert.equal(hurries, 1);
    assert.deepEqual(
      said.map(([, again]) => again),
      [false, true],
    );
  });
}

test('SignalAbort comes before every word: the listeners, then the signal, then what others print', () => {
  const source = new EventEmitter();
  const abort = new Abort();
  const order: string[] = [];
  abort.afterAbort(() => order.push('aborting'));
  catchSignals(source, options, abort, (_reason, again) => order.push(again ? 'again' : 'signal'));
  abort.onAbort(() => order.push('SignalAbort'));
  abort.onHurry(() => order.push('hurry'));
  source.emit('SIGTERM', 'SIGTERM');
  source.emit('SIGTERM', 'SIGTERM');
  assert.deepEqual(order, ['SignalAbort', 'signal', 'aborting', 'hurry', 'again']);
});

test('with --ignore-hangup a closed terminal changes nothing, and Ctrl-C still aborts', () => {
  const source = new EventEmitter();
  const abort = new Abort();
  const said: string[] = [];
  catchSignals(source, { ...options, ignoresHangup: () => true }, abort, (reason) =>
    said.push(reason),
  );
  source.emit('SIGHUP', 'SIGHUP');
  assert.deepEqual([abort.cause, said], [undefined, []]);
  source.emit('SIGINT', 'SIGINT');
  assert.equal((abort.cause as Failure | undefined)?.kind, 'interrupted');
});

test('hurry means nothing before the abort, and is heard by who comes late', () => {
  const abort = new Abort();
  abort.hurry();
  assert.equal(abort.hurried, false);
  abort.raise(new Failure('interrupted', 'x'));
  let heard = 0;
  const listen = () => {
    heard += 1;
  };
  abort.onHurry(listen)();
  abort.hurry();
  abort.hurry();
  assert.equal(heard, 0, 'unregistered');
  abort.onHurry(listen);
  assert.equal(heard, 1);
});

class FakeKeyboard extends EventEmitter implements Keyboard {
  raw = false;
  paused = true;
  setRawMode(raw: boolean) {
    this.raw = raw;
  }
  setEncoding() {}
  resume() {
    this.paused = false;
  }
  pause() {
    this.paused = true;
  }
}

function prompt(abort = new Abort()) {
  const keyboard = new FakeKeyboard();
  let shown = '';
  const answer = askPassword(
    'Password: ',
    keyboard,
    (text) => {
      shown += text;
    },
    abort,
  );
  const isReleased = () => !keyboard.raw && keyboard.paused && keyboard.listenerCount('data') === 0;
  return { keyboard, answer, shown: () => shown, isReleased };
}

test('a password is read without being shown, and the terminal is as before', async () => {
  const { keyboard, answer, shown, isReleased } = prompt();
  assert.ok(keyboard.raw);
  for (const text of ['wrong\u0015', 'pä', 'x\u007f', '\u001b[A', 'ß\r', 'behind']) {
    if (keyboard.listenerCount('data') > 0) keyboard.emit('data', text);
  }
  assert.equal(await answer, 'päß');
  assert.equal(shown(), 'Password: \n');
  assert.ok(isReleased());
});

test('Ctrl-C at the question ends as interrupted', async () => {
  const { keyboard, answer, isReleased } = prompt();
  keyboard.emit('data', 'abc\u0003');
  await assert.rejects(answer, { kind: 'interrupted' });
  assert.ok(isReleased());
});

test('an abort ends the question, also one that came before it', async () => {
  const abort = new Abort();
  const first = prompt(abort);
  abort.raise(new Failure('terminated', 'x'));
  const second = prompt(abort);
  for (const { answer, isReleased } of [first, second]) {
    await assert.rejects(answer, { kind: 'terminated' });
    assert.ok(isReleased());
  }
});

test('the log file has every event and the result, for its owner only, and is appended to', async () => {
  const path = join(folder, 'log.json');
  const argv = ['--log-file', path, '--log-level', 'debug', 'Sales', 'x'];
  for (let round = 1; round <= 2; round += 1) {
    const told = surroundings({ argv }, async (_request, emit) => {
      emit({ event: 'debug', message: 'secret: correct horse' });
      emit({ event: 'progress', rawBytes: 1, storedBytes: 1, elapsedMs: 1 });
      return summary;
    });
    assert.equal(await new Run(told.around).start(), 0, told.err());
    const text = readFileSync(path, 'utf8');
    const events = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).event);
    const once = ['debug', 'progress', 'summary'];
    assert.deepEqual(events, round === 1 ? once : [...once, ...once]);
    assert.doesNotMatch(text, /correct horse/);
  }
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('an existing log file keeps the mode its owner chose', async () => {
  const path = join(folder, 'existing.json');
  writeFileSync(path, '');
  chmodSync(path, 0o640);
  const told = surroundings({ argv: ['--log-file', path, 'Sales', 'x'] });
  assert.equal(await new Run(told.around).start(), 0);
  assert.equal(statSync(path).mode & 0o777, 0o640);
});

test('the log file has the failure too', async () => {
  const path = join(folder, 'failure.json');
  const told = surroundings({ argv: ['--log-file', path, '--log-level=error', 'Sales', 'x'] }, () =>
    Promise.reject(new Failure('disk-full', 'disk full')),
  );
  assert.equal(await new Run(told.around).start(), 8);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const [aborting, { event, exitCode, level }] = lines.map((line) => JSON.parse(line));
  assert.equal(aborting.event, 'aborting');
  assert.deepEqual([event, exitCode, level], ['error', 8, 50]);
});

test('a log file that cannot be opened is refused before any work', async () => {
  const path = join(folder, 'missing', 'log.json');
  const told = surroundings({ argv: ['--log-file', path, 'Sales', 'x'] });
  assert.equal(await new Run(told.around).start(), 2);
  assert.match(told.err(), /cannot open --log-file '.*': no such file/);
  assert.equal(told.requests.length, 0);
});

test('a log file that fails later draws one warning and does not end the job', {
  skip: !existsSync('/dev/full'),
}, async () => {
  const argv = ['--log-file', '/dev/full', '--log-level=debug', 'Sales', 'x'];
  const told = surroundings({ argv }, async (_request, emit) => {
    for (let i = 0; i < 5; i += 1) emit({ event: 'debug', message: 'x' });
    return summary;
  });
  assert.equal(await new Run(told.around).start(), 0, told.err());
  assert.equal(told.err().match(/warning: nothing more is written to '\/dev\/full'/g)?.length, 1);
  assert.match(told.err(), /\nOK Sales copy .*\n$/);
});
