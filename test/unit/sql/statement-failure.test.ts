import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FailureKind } from '../../../src/base/failure-codes.ts';
import { queryFailure, statementFailure } from '../../../src/sql/message/statement-failure.ts';
import type { SqlMessage, StatementOutcome } from '../../../src/sql/sql-session.ts';

const error = (number: number, text = `text of ${number}.`): SqlMessage => ({
  number,
  severity: 16,
  state: 1,
  text,
});
const info = (number: number): SqlMessage => ({ number, severity: 0, state: 1, text: 'x' });
const terminating = error(3013, 'BACKUP DATABASE is terminating abnormally.');

function ended(messages: SqlMessage[], more: Partial<StatementOutcome> = {}): StatementOutcome {
  const ok = messages.every(({ severity }) => severity < 11);
  return { ok, messages, connectionLost: false, ...more };
}

const kinds: [number: number, kind: FailureKind, code: string][] = [
  [911, 'database-state', 'database-missing'],
  [942, 'database-state', 'database-offline'],
  [927, 'database-state', 'database-restoring'],
  [3023, 'database-state', 'backup-in-progress'],
  [3035, 'database-state', 'no-differential-base'],
  [3059, 'database-state', 'secondary-replica'],
  [3062, 'database-state', 'secondary-replica'],
  [4208, 'database-state', 'recovery-model-simple'],
  [4214, 'database-state', 'no-log-base'],
  [3109, 'database-state', 'master-single-step'],
  [3112, 'database-state', 'single-user-mode'],
  [3179, 'database-state', 'system-database-move'],
  [3168, 'environment', 'other-build'],
  [3132, 'usage', 'wrong-stripes'],
  [3133, 'usage', 'wrong-stripes'],
  [3231, 'usage', 'wrong-stripes'],
  [262, 'environment', 'no-permission'],
  [916, 'environment', 'no-permission'],
  [3265, 'environment', 'not-sysadmin'],
  [1844, 'environment', 'compression-unsupported'],
  [3043, 'sql-statement', 'corrupt-page'],
  [3199, 'sql-statement', 'transfer-size'],
  [3284, 'sql-statement', 'block-size'],
  [3241, 'integrity', 'damaged-backup'],
];

for (const [number, kind, code] of kinds)
  test(`Msg ${number} is ${kind} ${code}, in the server's words, with a next step`, () => {
    const failure = statementFailure(ended([error(number), terminating]));
    assert.equal(failure?.kind, kind);
    assert.equal(failure?.code, code);
    assert.equal(
      failure?.message,
      `SQL Server ended the statement: Msg ${number}: text of ${number}`,
    );
    assert.ok(failure.hints.length > 0);
  });

// Numbers in Microsoft Learn's lists of errors that a backup or restore through a virtual device meets as an error.
const documented = [
  3012, 3021, 3023, 3033, 3035, 3036, 3041, 3043, 3044, 3057, 3059, 3062, 3101, 3108, 3169, 3187,
  3199, 3201, 3202, 3203, 3204, 3205, 3207, 3208, 3217, 3227, 3231, 3239, 3241, 3242, 3243, 3250,
  3253, 3254, 3255, 3256, 3257, 3258, 3261, 3265, 3266, 3271, 3276, 3277, 3284, 3285, 18204, 18210,
  824,
];

test('every documented number has a next step, a sentence that ends like one', () => {
  for (const number of documented) {
    const hints = statementFailure(ended([error(number)]))?.hints ?? [];
    assert.notEqual(hints.length, 0, `Msg ${number}`);
    for (const hint of hints) assert.match(hint, /^\S.*[.?:\w]$/s, `Msg ${number}`);
  }
});

const open = (code: string) =>
  error(3201, `Cannot open backup device 'set'. Operating system error ${code}(no text).`);

const devices: [title: string, message: SqlMessage, kind: FailureKind, code: string][] = [
  ['a device nobody prepared, in hex', open('0x80770006'), 'environment', 'device-not-found'],
  ['a device nobody prepared, in decimal', open('-2139684858'), 'environment', 'device-not-found'],
  ['access denied', open('5'), 'environment', 'device-access-denied'],
  ['any other open', open('1450'), 'sql-statement', 'device-not-opened'],
  [
    'a full destination',
    error(3202, 'Write on "set" failed: 112(no space)'),
    'sql-statement',
    'destination-full',
  ],
  [
    'another write error',
    error(3202, 'Write on "set" failed: 1117(I/O)'),
    'sql-statement',
    'device-error',
  ],
  ['an abort', error(3202, 'Write on "set" failed: 995(aborted)'), 'sql-statement', 'aborted'],
  [
    'a container without shared memory',
    error(
      18210,
      "BackupVirtualDeviceSet::AllocateBuffer: failure on backup device 'set'. Operating system error 995(aborted).",
    ),
    'environment',
    'vdi-shared-memory',
  ],
];

for (const [title, message, kind, code] of devices)
  test(`${title} is ${kind} ${code}`, () => {
    const failure = statementFailure(ended([message, terminating]));
    assert.equal(`${failure?.kind} ${failure?.code}`, `${kind} ${code}`);
    assert.ok((failure?.hints.length ?? 0) > 0);
  });

test("an unknown number is told in the server's words on one line", () => {
  const failure = statementFailure(ended([error(50000, 'Two\r\n  lines.')]));
  assert.equal(failure?.message, 'SQL Server ended the statement: Msg 50000: Two lines');
  assert.equal(failure?.kind, 'sql-statement');
  assert.equal(failure?.code, 'statement-failed');
  assert.match(failure?.hints.join(' ') ?? '', /error log/);
});

test('3014 is success, even beside errors and a connection lost after it', () => {
  assert.equal(statementFailure(ended([error(3009), info(3014)])), undefined);
  assert.equal(
    statementFailure(ended([info(3014)], { ok: false, connectionLost: true })),
    undefined,
  );
});

test('3150 is the success of a restore of master, which takes the connection with it', () => {
  const lost = { ok: false, connectionLost: true, error: new Error('socket hang up') };
  assert.equal(statementFailure(ended([info(4035), info(4035), info(3150)], lost)), undefined);
  const killed = { ...error(596), severity: 21 };
  assert.equal(statementFailure(ended([info(3150), killed], lost)), undefined);
  assert.equal(statementFailure(ended([info(4035)], lost))?.code, 'connection-lost');
  const failed = { ...error(3151), severity: 21 };
  assert.equal(statementFailure(ended([failed], lost))?.code, 'master-lost');
});

test('an end without error and without 3014 is a failure of a backup, not of a query', () => {
  assert.equal(statementFailure(ended([info(4035)]))?.code, 'no-success-message');
  assert.equal(queryFailure(ended([info(4035)])), undefined);
});

test('a lost connection is exit 4, unless SQL Server said why it hung up', () => {
  const lost = { ok: false, connectionLost: true, error: new Error('socket hang up') };
  assert.equal(statementFailure(ended([], lost))?.kind, 'connection');
  assert.equal(statementFailure(ended([], lost))?.code, 'connection-lost');
  const aborted = error(3202, 'Write on "set" failed: 995(aborted)');
  assert.equal(statementFailure(ended([aborted], lost))?.code, 'connection-lost');
  assert.equal(statementFailure(ended([error(596)], lost))?.code, 'session-killed');
});

test('a cancel without a word from the server is a cancel, other driver errors keep their words', () => {
  const cancelled = Object.assign(new Error('Canceled.'), { code: 'ECANCEL' });
  assert.equal(
    statementFailure(ended([], { ok: false, error: cancelled }))?.code,
    'statement-cancelled',
  );
  const odd = new Error('odd');
  const failure = queryFailure(ended([], { ok: false, error: odd }));
  assert.equal(failure?.message, 'the statement failed: odd');
  assert.equal(failure?.cause, odd);
});
