// Options that users rely on, through the whole program: the statement, the files, the last line.

import assert from 'node:assert/strict';
import { stat, writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import type { Rig } from '../rig/rig.ts';
import { assertSame, assertSucceeded, okLine, trial } from '../rig/trial.ts';
import { umaskOf } from '../rig/umask.ts';
import { decompressAll, fingerprint, sha256 } from '../rig/zstd.ts';

const MiB = 1024 * 1024;

function backupStatement(rig: Rig): string {
  return rig.server.statements.find((text) => /^BACKUP /.test(text)) ?? '';
}

suite('what the options of a backup do', { concurrency: 3 }, () => {
  const types: [string, RegExp, RegExp | undefined][] = [
    ['copy', /^BACKUP DATABASE \[Sales\] .*\bCOPY_ONLY\b/, /DIFFERENTIAL/],
    ['full', /^BACKUP DATABASE \[Sales\] /, /COPY_ONLY|DIFFERENTIAL/],
    ['diff', /^BACKUP DATABASE \[Sales\] .*\bDIFFERENTIAL\b/, /COPY_ONLY/],
    ['log', /^BACKUP LOG \[Sales\] /, /COPY_ONLY|DIFFERENTIAL/],
  ];
  for (const [type, wanted, unwanted] of types) {
    test(`--type ${type} sends its T-SQL and says so in the last line`, () => {
      const streams = { kind: 'generate', bytes: 8 * MiB } as const;
      const body = async (rig: Rig) => {
        const ended = await rig.run(['Sales', 's.zst', '--type', type]).ended;
        assertSucceeded(ended);
        assert.match(ended.lastLine, new RegExp(`^OK Sales ${type} `));
        const statement = backupStatement(rig);
        assert.match(statement, wanted);
        if (unwanted) assert.doesNotMatch(statement, unwanted);
        assert.match(
          statement,
          /TO VIRTUAL_DEVICE = N'[0-9a-f-]{36}' WITH .*\bNO_COMPRESSION, CHECKSUM, MAXTRANSFERSIZE = 4194304\b/,
        );
        await assertSame(rig, fingerprint(decompressAll(await rig.read('s.zst'))));
      };
      return trial(['s.zst'], body, {
        databases: [{ name: 'Sales', streams, hasFullBackup: true }],
      });
    });
  }

  test('--name, --description and --with reach the statement, quoted', () =>
    trial(['s.zst'], async (rig) => {
      const args = [
        '--name',
        "Bob's set",
        '--description',
        'on ☃',
        '--with',
        'RETAINDAYS = 3',
        '--no-checksum',
      ];
      const sizes = ['--transfer-size', '128K', '--block-size', '4096', '--buffer-count', '9'];
      assertSucceeded(await rig.run(['Sales', 's.zst', ...args, ...sizes]).ended);
      const statement = backupStatement(rig);
      for (const part of [
        "NAME = N'Bob''s set'",
        "DESCRIPTION = N'on ☃'",
        'RETAINDAYS = 3',
        'NO_CHECKSUM',
        'MAXTRANSFERSIZE = 131072',
        'BLOCKSIZE = 4096',
        'BUFFERCOUNT = 9',
      ]) {
        assert.ok(statement.includes(part), `${part} in ${statement}`);
      }
    }));

  for (const name of ["it's [odd] ]]", 'Датабаза 数据库 ☃', 'copy', 'a b\tc', '{type}']) {
    test(`a database named ${JSON.stringify(name)} is backed up as it is called`, () => {
      const streams = { kind: 'generate', bytes: 4 * MiB } as const;
      const body = async (rig: Rig) => {
        const ended = await rig.run(['backup', name, 's.zst']).ended;
        assert.equal(ended.code, 0, ended.stderr);
        assert.match(ended.lastLine, okLine);
        assert.ok(
          backupStatement(rig).startsWith(`BACKUP DATABASE [${name.replaceAll(']', ']]')}] TO`),
        );
        await assertSame(rig, fingerprint(decompressAll(await rig.read('s.zst'))), 1, 0, name);
      };
      return trial(['s.zst'], body, { databases: [{ name, streams }] });
    });
  }

  test('--sha256 writes a sum that sha256sum would accept', () =>
    trial(['s.zst', 's.zst.sha256'], async (rig) => {
      const { stderr, code } = await rig.run(['Sales', 's.zst', '--sha256']).ended;
      assert.equal(code, 0, stderr);
      const sum = sha256(await rig.read('s.zst'));
      assert.equal((await rig.read('s.zst.sha256')).toString(), `${sum}  s.zst\n`);
      assert.ok(stderr.includes(sum));
    }));

  for (const fault of [{ 'hold-complete': 600 }, { 'delay-3014': 600 }]) {
    test(`--overwrite keeps yesterday's file until success, also during ${Object.keys(fault)}`, () =>
      trial(['s.zst'], async (rig) => {
        await writeFile(rig.path('s.zst'), 'yesterday');
        rig.server.fault(fault);
        const program = rig.run(['Sales', 's.zst', '--overwrite']);
        await program.until('the last Flush', () =>
          rig.judged().some((line) => /CompleteCommand.*=Flush code=0/.test(line)),
        );
        assert.equal((await rig.read('s.zst')).toString(), 'yesterday');
        assertSucceeded(await program.ended);
        await assertSame(rig, fingerprint(decompressAll(await rig.read('s.zst'))));
      }));
  }

  test('--dry-run shows the statement and touches nothing', () =>
    trial([], async (rig) => {
      const { code, stdout, stderr, lastLine } = await rig.run(['Sales', 's.zst', '--dry-run'])
        .ended;
      assert.equal(code, 0, stderr);
      assert.equal(stdout.length, 0);
      assert.match(stderr, /^BACKUP DATABASE \[Sales\] TO VIRTUAL_DEVICE = N'.*COPY_ONLY/m);
      assert.match(lastLine, /^OK Sales copy dry run, nothing was touched file=s\.zst$/);
      assert.equal(backupStatement(rig), '');
      assert.deepEqual(rig.judged(), [], 'no device set was made');
    }));

  test('--rate really limits', () =>
    trial(['s.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst', '--rate', '12MiB/s']).ended);
      // 24 MiB in 6 frames; the first one does not wait: 5/3 of a second at least, and not much more.
      const elapsed = judgedMs(rig, / GetConfiguration /, / Close /);
      assert.ok(elapsed >= 1600 && elapsed < 6000, `${elapsed} ms`);
    }));
});

/** Milliseconds between two calls in the judge's log. */
function judgedMs(rig: Rig, from: RegExp, to: RegExp): number {
  const at = (call: RegExp) =>
    Number(
      rig
        .judged()
        .find((line) => call.test(line))
        ?.split(' ')[0],
    );
  return (at(to) - at(from)) / 1e6;
}

suite('what a run leaves and says', { concurrency: 3 }, () => {
  for (const mask of [0o000, 0o022, 0o777]) {
    test(`with umask ${mask.toString(8)} the file has mode 600, and the umask is back after the devices`, () =>
      trial(['s.zst', 's.zst.sha256'], async (rig) => {
        rig.server.fault({ 'delay-3014': 600 });
        // Made here: under the strictest mask not even this test could read the judge's.
        await writeFile(rig.judgeLog, '');
        const before = process.umask(mask);
        const program = rig.run(['Sales', 's.zst', '--sha256']);
        process.umask(before);
        await program.until('Create', () =>
          rig.judged().some((line) => /Create .*NOERROR/.test(line)),
        );
        await program.until('Close', () =>
          rig.judged().some((line) => / Close -> NOERROR/.test(line)),
        );
        await program.until('the umask is back', () => umaskOf(program) === mask, 500);
        assertSucceeded(await program.ended);
        for (const file of ['s.zst', 's.zst.sha256']) {
          assert.equal((await stat(rig.path(file))).mode & 0o7777, 0o600, file);
        }
      }));
  }

  test('--json: every line is an object, the last one is the summary, and stdout stays empty', () =>
    trial(['s.zst'], async (rig) => {
      const { code, stdout, stderr } = await rig.run(['Sales', 's.zst', '--json']).ended;
      assert.equal(code, 0, stderr);
      assert.equal(stdout.length, 0);
      const events = stderr
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      const names = events.map(({ event }) => event);
      for (const name of ['connected', 'configured', 'progress', 'sql-message'])
        assert.ok(names.includes(name), name);
      const { event, exitCode, database, type, rawBytes, storedBytes, files, messages } =
        events.at(-1);
      assert.deepEqual(
        { event, exitCode, database, type },
        { event: 'summary', exitCode: 0, database: 'Sales', type: 'copy' },
      );
      assert.equal(rawBytes, (await rig.server.expectedBytes('Sales')).length);
      assert.equal(storedBytes, (await stat(rig.path('s.zst'))).size);
      assert.equal(files[0].path, rig.path('s.zst'));
      assert.ok(messages.some(({ number }: { number: number }) => number === 3014));
    }));

  test('without --json the last line is the one that people grep', () =>
    trial(['Sales_copy.zst'], async (rig) => {
      const ended = await rig.run(['Sales', '{database}_{type}.zst']).ended;
      assertSucceeded(ended);
      assert.equal(okLine.exec(ended.lastLine)?.groups?.file, 'Sales_copy.zst');
      assert.doesNotMatch(ended.stderr, /\r/);
    }));

  test('a zstd stream under the name .bak draws one line that says how to get the native file', () =>
    trial(['s.bak'], async (rig) => {
      const ended = await rig.run(['Sales', 's.bak']).ended;
      assertSucceeded(ended);
      assert.equal(ended.stderr.match(/zstd -dc/g)?.length, 1, ended.stderr);
    }));
});
