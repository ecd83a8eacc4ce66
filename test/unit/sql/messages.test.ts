import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isAbortConsequence,
  messagesThatMatter,
  operatingSystemError,
  progressPercent,
  rootCause,
  verdictOf,
} from '../../../src/sql/message/messages.ts';
import type { SqlMessage } from '../../../src/sql/sql-session.ts';

const info = (number: number, text: string): SqlMessage => ({
  number,
  severity: 0,
  state: 1,
  text,
});
const error = (number: number, text: string): SqlMessage => ({
  number,
  severity: 16,
  state: 1,
  text,
});

const percents: [text: string, percent: number | undefined][] = [
  ['10 percent processed.', 10],
  ['100 percent processed.', 100],
  ['0 percent processed.', 0],
  ['10 Prozent verarbeitet.', 10],
  ['Yüzde 25 işlendi.', 25],
  ['処理済み 42 パーセント。', 42],
  ['101 percent processed.', undefined],
  ['some percent processed.', undefined],
];

for (const [text, percent] of percents)
  test(`Msg 3211 "${text}" is ${percent}`, () => {
    assert.equal(progressPercent(info(3211, text)), percent);
  });

test('the number decides, not the text', () => {
  assert.equal(progressPercent(info(5701, '10 percent processed.')), undefined);
});

test('success is Msg 3014 or 3262', () => {
  assert.equal(verdictOf([info(4035, 'Processed 8 pages'), info(3014, 'done')]), 'success');
  assert.equal(verdictOf([info(3262, 'The backup set on file 1 is valid.')]), 'none');
  assert.equal(verdictOf([info(4035, 'Processed 8 pages'), info(3211, '100 percent')]), 'none');
});

test('the trailer keeps pages, success, damage and errors in order, not the progress', () => {
  const all = [
    info(3211, '1'),
    info(4035, 'p'),
    error(3041, 'e'),
    info(3042, 'd'),
    info(5701, 'x'),
    info(3014, 's'),
  ];
  assert.deepEqual(
    messagesThatMatter(all).map(({ number }) => number),
    [4035, 3041, 3042, 3014],
  );
});

const device = '{0B1F995A-995F-4A2B-995C-0123456789AB}';
const aborted =
  'The I/O operation has been aborted because of either a thread exit or an application request.';
const failed = 'failed to retrieve text for this error. Reason: 15105';

const codes: [number: number, text: string, code: number | undefined][] = [
  [
    3201,
    `Cannot open backup device '${device}'. Operating system error 0x80770006(${failed}).`,
    0x80770006,
  ],
  [
    3201,
    `Cannot open backup device '${device}'. Operating system error -2139684858(${failed}).`,
    0x80770006,
  ],
  [3201, `Cannot open backup device '${device}'. Operating system error 5(Access is denied.).`, 5],
  [3202, `Write on "${device}" failed: 112(There is not enough space on the disk.)`, 112],
  [
    3202,
    `Fehler beim Schreiben auf "${device}": 112(Es steht nicht genug Speicherplatz zur Verfügung.)`,
    112,
  ],
  [
    18210,
    `BackupVirtualDeviceFile::RequestDurableMedia: Flush failure on backup device '${device}'. Operating system error 995(${aborted}).`,
    995,
  ],
  [3271, `A nonrecoverable I/O error occurred on file "${device}:" 995(${aborted}).`, 995],
  [3203, 'Read on "995(x)" failed: 38(Reached the end of the file.)', 38],
  [3023, 'Backup, file manipulation operations must be serialized.', undefined],
  // French, with straight apostrophes: an odd number of them stands before the code, or around it.
  [
    3202,
    `Échec de l'écriture sur "${device}" : 995(L'opération d'entrée/sortie a été abandonnée en raison de l'arrêt d'un thread)`,
    995,
  ],
  [
    3201,
    `Impossible d'ouvrir l'unité '${device}'. Erreur du système d'exploitation 995(L'opération a été abandonnée.).`,
    995,
  ],
  [
    3201,
    `Impossible d'ouvrir l'unité '${device}'. Erreur du système d'exploitation 5(L'accès n'est pas autorisé.).`,
    5,
  ],
  [3202, `Errore durante l'operazione su "${device}": 112(Lo spazio sull'unità è esaurito.)`, 112],
  [3201, "No s'ha pogut obrir 'C:\\d'it(7)\\O'Hara'. Error del sistema operatiu 5(L'accés).", 5],
  [3271, `A nonrecoverable I/O error occurred on file 'O'Hara(3):' 1117(x).`, 1117],
  [3201, `无法打开备份设备'${device}(9)'。出现操作系统错误 5(拒绝访问。)。`, 5],
  [
    5123,
    "CREATE FILE encountered operating system error 5(Access is denied.) while attempting to open or create the physical file '/data/x(1).mdf'.",
    5,
  ],
  [
    5120,
    'Unable to open the physical file "C:\\x(1).mdf". Operating system error 5: "5(Access is denied.)".',
    5,
  ],
];

for (const [number, text, code] of codes)
  test(`the operating system error in "${text.slice(0, 60)}…" is ${code}`, () => {
    assert.equal(operatingSystemError(error(number, text)), code);
  });

test('995, its HRESULT and VD_E_ABORT are consequences of an abort, a device name with 995 is not', () => {
  for (const code of ['995', '0x800703E3', '-2147023901', '0x80770004', '-2139684860'])
    assert.equal(isAbortConsequence(error(3202, `Write on "d" failed: ${code}(x)`)), true, code);
  assert.equal(isAbortConsequence(error(3202, `Write on "${device}" failed: 112(x)`)), false);
});

const frenchAborted = error(
  3202,
  `Échec de l'écriture sur "${device}" : 995(L'opération d'entrée/sortie a été abandonnée en raison de l'arrêt d'un thread)`,
);
const logFull = error(9002, 'Le journal des transactions est plein.');

const terminating = error(3013, 'BACKUP DATABASE is terminating abnormally.');
const consequence = error(
  18210,
  `write failure on backup device '${device}'. Operating system error 995(${aborted}).`,
);
const diskFull = error(3202, `Write on "${device}" failed: 112(no space)`);
const serialized = error(3023, 'Backup must be serialized.');

const causes: [title: string, messages: SqlMessage[], cause: SqlMessage | undefined][] = [
  ['the first error before 3013', [info(4035, 'p'), serialized, terminating], serialized],
  ['not 3013 even when it comes first', [terminating, serialized], serialized],
  ['not a consequence even when it comes first', [consequence, diskFull, terminating], diskFull],
  ['not a consequence told in French', [frenchAborted, logFull, terminating], logFull],
  ['a consequence when nothing else is there', [consequence, terminating], consequence],
  ['3013 when it is all there is', [terminating], terminating],
  ['nothing without an error', [info(4035, 'p'), info(3014, 's')], undefined],
];

for (const [title, messages, cause] of causes)
  test(`the root cause is ${title}`, () => {
    assert.equal(rootCause(messages), cause);
  });
