import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/base/errors.ts';
import type { JobEvent, Progress } from '../../../src/base/events.ts';
import { okLine } from '../../../src/cli/commands/backup-command.ts';
import { errorReport } from '../../../src/cli/report/error-report.ts';
import { JsonReporter } from '../../../src/cli/report/json-reporter.ts';
import { Output } from '../../../src/cli/report/output.ts';
import { PlainProgress } from '../../../src/cli/report/plain-progress.ts';
import { barLine, ProgressBar } from '../../../src/cli/report/progress-bar.ts';
import { ProgressGauge } from '../../../src/cli/report/progress-gauge.ts';
import { type DatabaseTitle, failedLine } from '../../../src/cli/report/result-line.ts';
import { TextReporter } from '../../../src/cli/report/text-reporter.ts';
import { summary } from './surroundings.ts';

const title: DatabaseTitle = {
  database: 'Sales',
  type: 'copy',
  files: ['sales.bak'],
  dryRun: false,
};

function sink() {
  let written = '';
  const output = new Output((text) => {
    written += text;
  });
  return { output, text: () => written, lines: () => written.trimEnd().split('\n') };
}

function at(elapsedMs: number, percent?: number): Progress {
  const rawBytes = elapsedMs * 1024 * 1024;
  const sizes = { rawBytes, storedBytes: rawBytes / 4, elapsedMs };
  return percent === undefined ? sizes : { ...sizes, percent };
}

test('the OK line', () => {
  assert.equal(
    okLine(summary, title),
    `OK Sales copy 389.4 GiB -> 101.2 GiB (3.85x) in 4m12s 1.55 GiB/s file=sales.bak set=${summary.setId}`,
  );
});

test('the OK line of stripes names every file', () => {
  assert.match(
    okLine(summary, { ...title, files: ['a.bak', 'b.bak'] }),
    / file=a\.bak,b\.bak set=/,
  );
});

test('the OK line of a dry run claims no bytes', () => {
  const line = okLine({ ...summary, dryRun: true }, { ...title, dryRun: true });
  assert.equal(line, 'OK Sales copy dry run, nothing was touched file=sales.bak');
});

test('the OK line of an empty or instant backup has no NaN', () => {
  const line = okLine({ ...summary, rawBytes: 0, storedBytes: 0, elapsedMs: 0 }, title);
  assert.match(line, /^OK Sales copy 0 B -> 0 B \(-\) in 0ms 0 B\/s file=/);
});

test('the last line is one line, whatever the names and reasons hold', () => {
  const named = { ...title, database: 'Sa\nles' };
  const report = errorReport(new Failure('io-error', 'two\r\nlines'));
  assert.equal(failedLine(report, named), 'FAILED Sa les copy: two lines (exit 8)');
  assert.equal(failedLine(report, undefined), 'FAILED: two lines (exit 8)');
  assert.doesNotMatch(okLine({ ...summary, database: 'Sa\nles' }, title), /\n/);
});

test('text: each event says its line', () => {
  const { output, text } = sink();
  const reporter = new TextReporter(output);
  const events: JobEvent[] = [
    { event: 'plan', statement: 'BACKUP', files: [], lines: ['hidden'] },
    { event: 'connected', server: 'DB1', version: '16.0.1', edition: 'Developer Edition' },
    {
      event: 'configured',
      devices: 2,
      blockSize: 65_536,
      transferSize: 4_194_304,
      completeEnabled: true,
    },
    { event: 'warning', code: 'x', message: 'odd', hint: 'Look.' },
    { event: 'sql-message', number: 3211, severity: 0, text: '10 percent processed.' },
    { event: 'sql-message', number: 3013, severity: 16, text: 'terminating\r\nabnormally' },
    { event: 'debug', message: 'hidden' },
    { event: 'aborting', reason: 'the disk is full' },
  ];
  for (const event of events) reporter.event(event);
  assert.equal(
    text(),
    `connected to DB1: SQL Server 16.0.1, Developer Edition
SQL Server opened 2 devices: block size 64.0 KiB, transfer size 4.00 MiB
warning: odd
hint: Look.
sql: Msg 3013, Level 16: terminating abnormally
aborting: the disk is full
`,
  );
});

test('text: an abort before any device is open is left to the error line', () => {
  const { output, text } = sink();
  new TextReporter(output).event({ event: 'aborting', reason: 'cannot log in' });
  assert.equal(text(), '');
});

test('text: a dry run says the statement and the plan', () => {
  const { output, text } = sink();
  const reporter = new TextReporter(output);
  reporter.saysPlan = true;
  reporter.event({ event: 'plan', statement: 'BACKUP\nWITH', files: [], lines: ['one', 'two'] });
  assert.equal(text(), 'BACKUP\nWITH\none\ntwo\n');
});

test('text: after a signal the job’s own word of aborting is not repeated', () => {
  const { output, lines } = sink();
  const reporter = new TextReporter(output);
  reporter.stopping('interrupted by Ctrl-C', false);
  reporter.event({ event: 'aborting', reason: 'interrupted by Ctrl-C' });
  reporter.stopping('interrupted by Ctrl-C', true);
  assert.deepEqual(lines(), [
    'interrupted by Ctrl-C: aborting; a second time does not wait for SQL Server',
    'not waiting for SQL Server any more',
  ]);
});

test('text: a terminal cannot be steered by what a server says', () => {
  const { output, text } = sink();
  const hostile = '\u001b[2J\u009b1mred\rover\u0007';
  new TextReporter(output).event({ event: 'warning', code: 'x', message: hostile });
  assert.equal(text(), 'warning: ?[2J?1mred over?\n');
});

test('plain progress: a line per 10 %, none twice', () => {
  const { output, lines } = sink();
  const plain = new PlainProgress(output);
  for (const percent of [0, 5, 9, 10, 11, 19, 35, 36, 40, 100]) {
    plain.update(at(1000 + percent * 100, percent));
  }
  assert.deepEqual(
    lines().map((line) => /(\d+)%/.exec(line)?.[1]),
    ['10', '35', '40', '100'],
  );
});

test('plain progress: a line per 30 s while no percentage is known', () => {
  const { output, lines } = sink();
  const plain = new PlainProgress(output);
  for (let ms = 0; ms <= 95_000; ms += 1000) plain.update(at(ms));
  assert.deepEqual(lines(), [
    'progress: 29.3 GiB -> 7.32 GiB (4.00x) 1000.0 MiB/s 30.0s',
    'progress: 58.6 GiB -> 14.6 GiB (4.00x) 1000.0 MiB/s 1m00s',
    'progress: 87.9 GiB -> 22.0 GiB (4.00x) 1000.0 MiB/s 1m30s',
  ]);
});

test('the progress of a job that reads goes from the stored bytes to the raw ones, as its last line does', () => {
  const words = new ProgressGauge().say({ ...at(30_000), reading: true });
  assert.equal(words, '7.32 GiB -> 29.3 GiB 1000.0 MiB/s 30.0s');
});

test('the time left counts down between two percentages, and not below nothing', () => {
  const gauge = new ProgressGauge();
  const left = [
    [10_000, 10],
    [15_000, 10],
    [20_000, 20],
    [200_000, 20],
    [210_000, 100],
  ].map(([ms, percent]) => gauge.say(at(ms ?? 0, percent)).split('/s ')[1]);
  assert.deepEqual(left, ['eta 1m30s', 'eta 1m25s', 'eta 1m20s', 'eta 0ms', '3m30s']);
});

test('the speed is that of the last seconds', () => {
  const gauge = new ProgressGauge();
  for (let ms = 0; ms <= 60_000; ms += 1000) gauge.say(at(ms));
  const { rawBytes } = at(60_000);
  const stuck = [61_000, 63_000, 65_000].map((elapsedMs) =>
    gauge.say({ rawBytes, storedBytes: rawBytes, elapsedMs }),
  );
  assert.match(stuck[0] ?? '', / 800\.0 MiB\/s /);
  assert.match(stuck.at(-1) ?? '', / 0 B\/s /);
});

test('plain progress never writes a carriage return', () => {
  const { output, text } = sink();
  const plain = new PlainProgress(output);
  for (let percent = 0; percent <= 100; percent += 1) plain.update(at(percent * 1000, percent));
  assert.doesNotMatch(text(), /\r/);
});

test('the bar fits its terminal', () => {
  const words = '45% 175.2 GiB -> 45.5 GiB (3.85x) 1.54 GiB/s eta 2m20s';
  assert.equal(barLine(0.5, words, 80), `[==========          ] ${words}`);
  for (let columns = 10; columns < 200; columns += 1) {
    assert.ok(barLine(0.45, words, columns).length <= columns - 3, `columns=${columns}`);
  }
});

test('the bar makes room for a line and leaves none of itself behind', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const { output, text } = sink();
  const reporter = new TextReporter(output);
  reporter.showProgress(new ProgressBar(output, () => 80));
  reporter.event({ event: 'progress', ...at(1000, 10) });
  reporter.event({ event: 'warning', code: 'x', message: 'odd' });
  const [, above = ''] = text().split('\r\u001b[K');
  assert.match(above, /^warning: odd\n\[=+ +\] 10% /);
  reporter.failed(errorReport(new Failure('io-error', 'broken')), title);
  const settled = text();
  assert.match(settled, /error: broken\nFAILED Sales copy: broken \(exit 8\)\n$/);
  context.mock.timers.tick(10_000);
  assert.equal(text(), settled, 'nothing after the last line');
});

test('the bar makes room for what goes to standard output, on the same terminal', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const { output, text } = sink();
  const bar = new ProgressBar(output, () => 80);
  bar.update(at(1000, 10));
  output.besides(() => output.raw('{"job":"drill"}\n'));
  const [, above = ''] = text().split('\r\u001b[K');
  assert.match(above, /^\{"job":"drill"\}\n\[=+ +\] 10% /);
  bar.stop();
});

test('a bar that was stopped draws no more, and never jumps back over lines', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const { output, text } = sink();
  const bar = new ProgressBar(output, () => 80);
  bar.update(at(1000, 10));
  context.mock.timers.tick(1000);
  bar.stop();
  const settled = text();
  context.mock.timers.tick(10_000);
  assert.equal(text(), settled);
  for (const code of ['\u001b7', '\u001b8']) assert.ok(!settled.includes(code));
});

test('json: at most one progress a second, and the last one always', () => {
  const { output, lines } = sink();
  let now = 0;
  const reporter = new JsonReporter(output, () => now);
  for (; now < 2500; now += 100) reporter.event({ event: 'progress', ...at(now) });
  reporter.succeeded(summary);
  const events = lines().map((line) => JSON.parse(line));
  assert.deepEqual(
    events.map(({ time }) => Date.parse(time)),
    [0, 1000, 2000, 2500, 2500],
  );
  assert.deepEqual(
    events.map(({ event, elapsedMs }) => [event, elapsedMs]),
    [
      ['progress', 0],
      ['progress', 1000],
      ['progress', 2000],
      ['progress', 2400],
      ['summary', 252_000],
    ],
  );
});

test('json: the error is the last line and has every part', () => {
  const { output, lines } = sink();
  const failure = new Failure('stalled', 'no byte moved', {
    hints: ['Look at sys.dm_exec_requests.'],
    cause: new Error('inner', { cause: new Error('innermost') }),
  });
  new JsonReporter(output, () => 0).failed(errorReport(failure), title);
  output.line('too late');
  assert.deepEqual(JSON.parse(lines().join()), {
    event: 'error',
    time: '1970-01-01T00:00:00.000Z',
    exitCode: 12,
    code: 'stalled',
    message: 'no byte moved',
    hints: ['Look at sys.dm_exec_requests.'],
    causes: ['inner', 'innermost'],
    database: 'Sales',
    type: 'copy',
  });
});
