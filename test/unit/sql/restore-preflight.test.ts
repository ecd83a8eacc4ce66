import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Failure } from '../../../src/base/errors.ts';
import { checkRestore, type RestoreIntent } from '../../../src/sql/facts/restore-preflight.ts';
import type { DatabaseFacts } from '../../../src/sql/facts/server-facts.ts';
import { failureFromMessage } from '../../../src/sql/message/statement-failure.ts';

const intent: RestoreIntent = { database: 'Sales', replace: false, startsNew: true };
const online: DatabaseFacts = { name: 'Sales', state: 'ONLINE' };
const server = { productMajor: 16, productVersion: '16.0.4135.4' };

type Case = [string, Partial<RestoreIntent>, DatabaseFacts | 'missing' | undefined, string];

const refused: Case[] = [
  ['an existing database', {}, online, 'database-state database-exists'],
  [
    'an existing database that is RESTORING',
    {},
    { ...online, state: 'RESTORING' },
    'database-state database-exists',
  ],
  [
    'a snapshot, even to be replaced',
    { replace: true },
    { ...online, isSnapshot: true },
    'database-state database-snapshot',
  ],
  ['a log without its database', { startsNew: false }, 'missing', 'database-state no-full-backup'],
  [
    'a log onto a database in use',
    { startsNew: false, replace: true },
    online,
    'database-state not-restoring',
  ],
  [
    'a system database of another build, older or newer',
    { database: 'msdb ', replace: true, softwareVersion: '16.0.4095' },
    online,
    'environment other-build',
  ],
  [
    'a system database of a newer version, as one of another build',
    { database: 'MODEL', replace: true, softwareVersion: '17.0.900' },
    online,
    'environment other-build',
  ],
  [
    'a backup of a newer version',
    { softwareVersion: '17.0.900' },
    'missing',
    'environment newer-version',
  ],
];

suite('a restore is refused for', () => {
  for (const [title, change, database, expected] of refused)
    test(title, () => {
      const isIt = (error: unknown) =>
        error instanceof Failure &&
        `${error.kind} ${error.code}` === expected &&
        error.hints.length > 0;
      assert.throws(() => checkRestore({ ...intent, ...change }, database, server), isIt);
    });
});

const allowed: Case[] = [
  ['a new database', {}, 'missing', ''],
  ['a database nobody can see', {}, undefined, ''],
  ['--replace, with a warning', { replace: true }, online, 'replaces-database'],
  [
    'a log onto a database that is RESTORING',
    { startsNew: false },
    { ...online, state: 'RESTORING' },
    '',
  ],
  ['a log onto a standby', { startsNew: false }, { ...online, isInStandby: true }, ''],
  ['a backup of this version', { softwareVersion: '16.0.1' }, 'missing', ''],
  [
    'a system database of this build, with a warning',
    { database: 'msdb', replace: true, softwareVersion: '16.0.4135' },
    online,
    'replaces-database',
  ],
  [
    'a system database of a backup that does not say its build',
    { database: 'msdb', replace: true, softwareVersion: 'x' },
    online,
    'replaces-database',
  ],
  ['a backup that does not say its version', { softwareVersion: 'x' }, 'missing', ''],
];

suite('a restore may be tried for', () => {
  for (const [title, change, database, warning] of allowed)
    test(title, () => {
      const warnings = checkRestore({ ...intent, ...change }, database, server);
      assert.equal(warnings.map(({ code }) => code).join(), warning);
    });
});

const device = "'3f2504e0-4f89-11d3-9a0c-0305e82c3301-2'";
const sizes: [number, string, string][] = [
  [
    3284,
    `Filemark on device ${device} is not aligned appropriately. Reissue the Restore statement with the same block size used to create the backupset: '4096' looks like a possible value.`,
    '--block-size 4096.',
  ],
  [
    3284,
    "Filemark on device '4096' is not aligned: '65536' looks possible.",
    '--block-size 65536.',
  ],
  [3285, `Dateimarke auf ${device}: '65536' ist möglich.`, '--block-size 65536.'],
  [
    3199,
    'RESTORE requires MAXTRANSFERSIZE=1048576 but 65536 was specified.',
    '--transfer-size 1048576.',
  ],
  [3284, `Filemark on device ${device} is not aligned: '4097' looks possible.`, '--block-size.'],
];

suite('a message that names a size', () => {
  for (const [number, text, end] of sizes)
    test(`${number} becomes the hint ${end}`, () => {
      const { hints } = failureFromMessage({ number, severity: 16, state: 1, text });
      assert.ok(hints[0]?.endsWith(end), hints.join());
    });
});
