// A backup of a damaged database, and what is restored of one: SQL Server ends with success and says the damage in a
// message of level 10. Whoever reads the last line, the trailer, `info` or the evidence of a drill must hear of it.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { DrillReport } from '../../src/job/drill/drill-report.ts';
import type { InfoReport } from '../../src/job/info/info-report.ts';
import type { Ended } from '../rig/program.ts';
import { type Rig, smallDatabase } from '../rig/rig.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';
import { backupMessages } from '../standin/backup-message.ts';

const options = { databases: [{ ...smallDatabase, damaged: true }] };
const goOn = ['--with', 'CONTINUE_AFTER_ERROR'];

interface Warning {
  readonly event: string;
  readonly code: string;
  readonly message: string;
}

function events(stderr: string): Warning[] {
  return stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The numbers in the warnings of damage. */
function warned(stderr: string): string[] {
  return events(stderr)
    .filter(({ event, code }) => event === 'warning' && code === 'damaged-database')
    .map(({ message }) => /Msg \d+/.exec(message)?.[0] ?? 'no message');
}

function summaryNumbers({ lastLine }: Ended): number[] {
  const { messages } = JSON.parse(lastLine) as { messages: readonly { number: number }[] };
  return messages.map(({ number }) => number);
}

async function infoOf(rig: Rig, file: string): Promise<InfoReport['files'][number] | undefined> {
  const { stdout, code, stderr } = await rig.bare(['info', file, '--json']).ended;
  assert.equal(code, 0, stderr);
  return (JSON.parse(stdout.toString()) as InfoReport).files[0];
}

suite('a damaged database', { concurrency: 2 }, () => {
  test('is backed up with a warning that stays in the summary, the trailer and info', () =>
    trial(
      ['s.zst'],
      async (rig) => {
        const ended = await rig.run(['Sales', 's.zst', ...goOn, '--json']).ended;
        assert.equal(ended.code, 0, ended.stderr);
        assert.deepEqual(warned(ended.stderr), ['Msg 3042']);
        assert.deepEqual(summaryNumbers(ended), [4035, 4035, 3042, 3014]);
        const described = await infoOf(rig, 's.zst');
        assert.equal(described?.damagedDatabase, true);
        assert.ok(described?.archive?.messages?.some(({ number }) => number === 3042));
        const { stdout } = await rig.bare(['info', 's.zst']).ended;
        assert.match(stdout.toString(), /^ {2}damage +taken of a damaged database/m);
      },
      options,
    ));

  test('is no longer a secret in a native file: its set says so, to info and to verify', () =>
    trial(
      ['s.bak', 'good.bak'],
      async (rig) => {
        assertSucceeded(await rig.run(['Sales', 's.bak', ...goOn, '--compress', 'none']).ended);
        const without = ['--no-checksum', '--compress', 'none'];
        assertSucceeded(await rig.run(['Sales', 'good.bak', ...without]).ended);
        for (const [file, damaged] of [
          ['s.bak', true],
          ['good.bak', undefined],
        ] as const) {
          const described = await infoOf(rig, file);
          assert.equal(described?.damagedDatabase, damaged, file);
          assert.equal(described?.sets[0]?.header.IsDamaged, damaged ? 1 : 0);
          const { code, stderr } = await rig.bare(['verify', file, '--json']).ended;
          assert.equal(code, 0, stderr);
          assert.equal(warned(stderr).length, damaged ? 1 : 0, stderr);
        }
      },
      options,
    ));

  test('does not let a backup WITH CHECKSUM pass without CONTINUE_AFTER_ERROR', () =>
    trial(
      [],
      async (rig) => assertFailed(await rig.run(['Sales', 's.zst']).ended, 7, /Msg 3043/),
      options,
    ));

  test('comes back with two warnings, and none of a restore that goes on is lost', () =>
    trial(
      ['s.zst'],
      async (rig) => {
        assertSucceeded(await rig.run(['Sales', 's.zst', ...goOn]).ended);
        assertFailed(await rig.run(['restore', 'Copy', 's.zst']).ended, 9, /Msg 3183/);
        const args = ['restore', 'Copy', 's.zst', '--replace', ...goOn, '--json'];
        const deferred = { number: 3192, severity: 10, text: 'Transaktionen sind offen.' };
        // The list of files comes first.
        rig.server.fault({});
        rig.server.fault({ messages: [deferred] });
        const ended = await rig.run(args).ended;
        assert.equal(ended.code, 0, ended.stderr);
        assert.deepEqual(warned(ended.stderr), ['Msg 3188', 'Msg 3184', 'Msg 3192']);
        assert.deepEqual(
          summaryNumbers(ended).filter((number) => number > 3100 && number < 3200),
          [3188, 3184, 3192],
        );
      },
      options,
    ));

  test('is said to whoever has it verified by SQL Server, and stays in the report', () =>
    trial(
      ['s.zst'],
      async (rig) => {
        assertSucceeded(await rig.run(['Sales', 's.zst', '--no-checksum']).ended);
        rig.server.fault({ messages: [backupMessages.writtenWithDamage()] });
        const ended = await rig.run(['verify', '--verifyonly', 's.zst', '--json']).ended;
        assert.equal(ended.code, 0, ended.stderr);
        assert.deepEqual(warned(ended.stderr), ['Msg 3188']);
        const { server } = JSON.parse(ended.stdout.toString());
        const [set] = server.sets;
        const numbers = set.messages.map(({ number }: { number: number }) => number);
        assert.deepEqual(numbers, [3188, 3262]);
      },
      options,
    ));

  test('is in the evidence of a drill that passed', () =>
    trial(
      ['s.zst'],
      async (rig) => {
        assertSucceeded(await rig.run(['Sales', 's.zst', ...goOn]).ended);
        const ended = await rig.run(['drill', 's.zst', ...goOn, '--json']).ended;
        assert.equal(ended.code, 0, ended.stderr);
        const report = JSON.parse(ended.stdout.toString()) as DrillReport;
        assert.equal(report.verdict, 'passed');
        assert.match(report.restore.messages.join('\n'), /Msg 3188.*\n.*Msg 3184/);
      },
      options,
    ));
});
