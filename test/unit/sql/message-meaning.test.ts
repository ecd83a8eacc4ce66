import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { exitCodes } from '../../../src/base/failure-codes.ts';
import type { Situation } from '../../../src/sql/message/explanation.ts';
import { failureFromMessage } from '../../../src/sql/message/statement-failure.ts';

const said = (number: number, situation: Situation, text = `text of ${number}`) => {
  const message = { number, severity: 16, state: 1, text };
  const { kind, code, hints } = failureFromMessage(message, situation);
  return { exit: exitCodes[kind], code, words: hints.join(' ') };
};
const backup = { direction: 'backup' } as const;
const restore = { direction: 'restore' } as const;
const drill = { direction: 'drill' } as const;

type Meaning = readonly [
  number,
  Situation,
  exit: number,
  code: string,
  words: RegExp,
  not?: RegExp,
];

function check(cases: readonly Meaning[]): void {
  for (const [number, situation, exit, code, words, not] of cases)
    test(`Msg ${number} of a ${situation.direction} is ${code}, exit ${exit}`, () => {
      const found = said(number, situation);
      assert.equal(`${found.exit} ${found.code}`, `${exit} ${code}`);
      assert.match(found.words, words);
      if (not) assert.doesNotMatch(found.words, not);
    });
}

suite('messages that were taken for something else', () => {
  check([
    [3034, backup, 6, 'no-files-selected', /filegroup/, /tempdb/],
    [3276, restore, 7, 'bad-option', /SNAPSHOT/, /64 devices/],
    [3277, backup, 7, 'bad-option', /SNAPSHOT/, /64 devices/],
    [3268, restore, 7, 'block-size', /--block-size/, /memory|shm/],
    [3095, backup, 7, 'media-format', /FORMAT/, /certificate/],
    [3098, backup, 7, 'media-format', /FORMAT/, /certificate/],
    [3096, backup, 7, 'encryption-refused', /expired/, /does it exist/],
    [3255, restore, 5, 'other-version', /older than|too old/],
    [3205, backup, 7, 'device-count', /64/],
  ]);
});

suite('damage of the file that is read is exit 9', () => {
  check([
    [3113, restore, 9, 'damaged-backup', /verify/],
    [3143, restore, 9, 'damaged-backup', /vdibackup info/],
    [3182, restore, 9, 'backup-of-damaged-database', /CONTINUE_AFTER_ERROR/],
    [3186, drill, 9, 'damaged-backup', /verify/],
    [3287, drill, 9, 'damaged-backup', /verify/],
    [3128, restore, 9, 'damaged-backup', /verify/],
  ]);
});

suite('what everybody meets who restores on another server', () => {
  check([
    [33111, drill, 5, 'certificate-missing', /CREATE CERTIFICATE … FROM FILE.*PRIVATE KEY/],
    [33111, restore, 5, 'certificate-missing', /CREATE CERTIFICATE … FROM FILE.*PRIVATE KEY/],
    [12824, drill, 5, 'contained-databases', /'contained database authentication', 1/],
    [5591, restore, 5, 'filestream-disabled', /Configuration Manager.*Linux/],
    [909, restore, 5, 'edition-feature', /Enterprise/],
    [33117, restore, 5, 'edition-feature', /TDE/],
    [5123, restore, 7, 'file-location', /--data-dir.*--move/],
    [5149, restore, 7, 'no-space-for-restore', /room/],
    [1105, drill, 7, 'no-space-for-restore', /room/],
    [9002, restore, 6, 'log-full', /volume of the log/],
    [4038, restore, 2, 'no-such-backup-set', /FILE = n/],
    [3247, restore, 2, 'wrong-stripes', /each once/],
  ]);
});

suite('what is right for a backup is wrong for a restore', () => {
  check([
    [9002, backup, 6, 'log-full', /--type log/, /--log-dir/],
    [823, backup, 7, 'corrupt-page', /CHECKDB/],
    [823, restore, 7, 'storage-error', /--data-dir/, /CHECKDB/],
    [3059, backup, 6, 'secondary-replica', /--type copy/],
    [3059, restore, 6, 'secondary-replica', /REMOVE DATABASE/, /--type/],
    [3002, restore, 6, 'database-snapshot', /another name/, /[Bb]ack up/],
    [3142, restore, 7, 'target-file-exists', /--replace/],
    [3142, drill, 7, 'target-file-exists', /--data-dir/, /--replace/],
    [4343, restore, 6, 'restored-beyond-stop-at', /WITH RECOVERY/],
    [4343, drill, 6, 'restored-beyond-stop-at', /later --stop-at/, /WITH RECOVERY/],
  ]);
});

test('a number that only another run is known to hear keeps its exit code and name, not its advice', () => {
  const found = said(3154, drill);
  assert.equal(`${found.exit} ${found.code}`, '6 database-would-be-replaced');
  assert.doesNotMatch(found.words, /--replace/);
  assert.notEqual(found.words, '');
});

test('the tail of the log is not given up without a word', () => {
  assert.match(said(3159, restore).words, /--tail FILE/);
  assert.match(said(3173, restore).words, /--tail FILE/);
});

suite('advice depends on version and edition', () => {
  const on = (number: number, productMajor?: number) =>
    said(number, { ...restore, server: { productMajor } }).words;

  test('sysadmin is granted by a procedure before SQL Server 2012', () => {
    assert.match(on(3265, 10), /sp_addsrvrolemember/);
    assert.match(on(3265, 11), /ALTER SERVER ROLE/);
    assert.match(on(3265), /ALTER SERVER ROLE/);
  });

  test('Express holds more from SQL Server 2025 on, and less in 2008', () => {
    assert.match(on(1827, 10), /up to 4 GB/);
    assert.match(on(1827, 16), /up to 10 GB/);
    assert.match(on(1827, 17), /up to 50 GB/);
    assert.match(on(1827), /up to 10 GB/);
  });

  test('an edition without compression is told of zstd, another one of the option it refuses', () => {
    const of = (edition: string, engineEdition: number) =>
      said(1844, { ...backup, server: { edition, engineEdition } }).words;
    assert.match(of('Express Edition (64-bit)', 4), /--compress zstd.*this edition has no/);
    assert.match(of('Web Edition (64-bit)', 2), /--compress zstd.*this edition has no/);
    assert.match(of('Standard Edition (64-bit)', 2), /--with/);
    assert.doesNotMatch(of('Standard Edition (64-bit)', 2), /this edition has no/);
  });

  test('features that every edition has since 2016 are worth a newer server only before that', () => {
    assert.match(on(909, 12), /2016 SP1/);
    assert.doesNotMatch(on(909, 15), /2016 SP1/);
  });
});

suite('the text says which of two advices is right', () => {
  const version = (theirs: number | string, ours: number | string) =>
    said(
      3169,
      restore,
      `The database was backed up on a server running database version ${theirs}. That version is incompatible with this server, which supports version ${ours}.`,
    );

  test('a backup of a newer SQL Server goes to a newer one, a too old one by a version in between', () => {
    assert.equal(version(957, 904).code, 'newer-version');
    assert.match(version(957, 904).words, /newer/);
    assert.equal(version(539, 706).code, 'older-version');
    assert.match(version(539, 706).words, /in between/);
    assert.equal(said(3169, restore).code, 'other-version');
    assert.equal(version(539, 706).exit, 5);
    assert.equal(version('16.00.1000', '15.00.4430').code, 'newer-version');
    assert.equal(version('10.50.1600', '10.00.5500').code, 'newer-version');
    assert.equal(version('8.00.0760', '11.00.7001').code, 'older-version');
    assert.equal(version('16.00.1000', '16.00.1000').code, 'other-version');
  });

  test('why a file was not made decides what to do', () => {
    const file = (error: string) =>
      said(
        5123,
        drill,
        `CREATE FILE encountered operating system error ${error} while attempting to open or create the physical file '/data/x(112).mdf'.`,
      );
    assert.match(file('5(Access is denied.)').words, /chown mssql/);
    assert.equal(file('112(There is not enough space on the disk.)').code, 'no-space-for-restore');
    assert.match(file('3(The system cannot find the path specified.)').words, /does not exist/);
    assert.match(
      file('21(failed to retrieve text for this error. Reason: 15105)').words,
      /does not exist/,
    );
    assert.match(file('32(used by another process)').words, /close it/);
    assert.match(file('87(The parameter is incorrect.)').words, /--data-dir/);
  });

  test('a French text of a device keeps its meaning', () => {
    const open = said(
      3201,
      backup,
      "Impossible d'ouvrir l'unité 'set'. Erreur du système d'exploitation 5(L'accès n'est pas autorisé.).",
    );
    assert.equal(`${open.exit} ${open.code}`, '5 device-access-denied');
  });
});
