// What a new user types first: a verb with a typing error, a path of another system, one the shell did not replace, a
// name in brackets, a password file of PowerShell. Each has one clear answer, and what merely looks like it goes on.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, suite, test } from 'node:test';
import { Abort } from '../../../src/base/abort.ts';
import { Failure } from '../../../src/base/errors.ts';
import { localPath } from '../../../src/cli/options/local-path.ts';
import { databaseName } from '../../../src/cli/options/option-values.ts';
import { Run } from '../../../src/cli/run.ts';
import { readPasswordFile } from '../../../src/cli/secrets/password-file.ts';
import type { InfoReport } from '../../../src/job/info/info-report.ts';
import { summary, surroundings } from './surroundings.ts';

const folder = mkdtempSync(join(tmpdir(), 'vdibackup-words-'));
after(() => rmSync(folder, { recursive: true }));

suite('a path that cannot be meant', () => {
  const refused: [name: string, platform: NodeJS.Platform, why: RegExp][] = [
    ['D:\\backup\\sales.bak', 'linux', /is a path of Windows/],
    ['d:/backup/sales.bak', 'linux', /is a path of Windows/],
    ['\\\\nas\\share\\x.zst', 'linux', /is a share as Windows names it/],
    ['~/x.zst', 'linux', /a ~ that the shell did not replace/],
    ['~\\x.zst', 'win32', /a ~ that the shell did not replace/],
    ['$HOME/x.zst', 'linux', /a variable that the shell did not replace/],
    [`$${'{HOME}'}/x.zst`, 'linux', /a variable that the shell did not replace/],
    ['$env/x.zst', 'win32', /a variable that the shell did not replace/],
    ['%TEMP%\\x.zst', 'win32', /a variable that cmd\.exe did not replace/],
    ['%TEMP%x.zst', 'linux', /a variable that cmd\.exe did not replace/],
    ['s3://bucket/x.zst', 'linux', /is a URL/],
    ['HTTPS://host/x.zst', 'win32', /is a URL/],
  ];
  for (const [name, platform, why] of refused)
    test(`${name} on ${platform}: exit 2, and ./ insists`, () => {
      assert.throws(
        () => localPath(name, platform),
        (thrown: Failure) => {
          assert.deepEqual([thrown.kind, thrown.code], ['usage', 'foreign-path']);
          assert.match(thrown.message, why);
          assert.ok(thrown.hints[0]?.endsWith(`write './${name}'.`));
          return true;
        },
      );
      assert.equal(localPath(`./${name}`, platform), resolve(`./${name}`));
    });

  const meant: [name: string, platform: NodeJS.Platform][] = [
    ['D:\\backup\\sales.bak', 'win32'],
    ['\\\\nas\\backup$\\x', 'win32'],
    ['MSSQL$X/sales.bak', 'linux'],
    ['PROGRA~1/x', 'win32'],
    ['a/~/x', 'linux'],
    ['~x', 'linux'],
    ['$x', 'linux'],
    ['100%/x%', 'linux'],
    ['C:x', 'linux'],
    ['a:/b', 'win32'],
    ['{database}.zst', 'linux'],
  ];
  for (const [name, platform] of meant)
    test(`${name} on ${platform} is none`, () =>
      assert.equal(localPath(name, platform), resolve(name)));

  for (const argv of [
    ['Sales', '~/x'],
    ['restore', 'Sales', '~/x'],
    ['verify', '~/x'],
    ['info', '~/x'],
    ['drill', '~/x'],
    ['extract', '~/x', 'y'],
    ['extract', 'x', '~/y'],
    ['finish', '~/x.partial'],
    ['doctor', '--dest', '~/x'],
  ])
    test(`${argv.join(' ')}: exit 2 before anything is asked`, async () => {
      const told = surroundings({ argv });
      assert.equal(await new Run(told.around).start(), 2);
      assert.match(told.err(), /begins with a ~ that the shell did not replace/);
    });
});

test('a name in brackets is the name inside them', () => {
  assert.equal(databaseName('[Sales]'), 'Sales');
  assert.equal(databaseName('[a]]b]'), 'a]b');
  assert.equal(databaseName('[[Sales]]]'), '[Sales]');
  for (const literal of ['a[b]', '[a', 'a]', '[]', '[a]b]'])
    assert.equal(databaseName(literal), literal);
});

suite('a password file in UTF-16', () => {
  for (const [what, mark, swap] of [
    ['little', [0xff, 0xfe], false],
    ['big', [0xfe, 0xff], true],
  ] as const)
    test(`with ${what} end first is read`, async () => {
      const path = join(folder, `pw-${what}`);
      // U+0A0A has the byte of a line end in both halves.
      const text = Buffer.from('pä\u0a0aß\r\nrest', 'utf16le');
      writeFileSync(path, Buffer.concat([Buffer.from(mark), swap ? text.swap16() : text]), {
        mode: 0o600,
      });
      const { password } = await readPasswordFile(path, new Abort());
      assert.equal(password, 'pä\u0a0aß');
    });
});

suite('a mistyped verb', () => {
  const report = { files: [] } as unknown as InfoReport;
  const inTheWay = async () => {
    throw new Failure('file-exists', 'cannot write x: it exists already');
  };
  const unknown = async () => {
    throw new Failure('database-missing', 'there is no database [x]');
  };

  for (const [word, verb] of [
    ['verfy', 'verify'],
    ['Restore', 'restore'],
    ['inof', 'info'],
    ['dril', 'drill'],
    ['doctors', 'doctor'],
  ] as const) {
    test(`${word}, where the file is a backup: exit 2, ${verb}, no --overwrite`, async () => {
      const told = surroundings({ argv: [word, 'x.zst'] }, inTheWay, {
        infoJob: async (_: unknown, abort: Abort) => {
          abort.throwIfAborted();
          return report;
        },
      });
      assert.equal(await new Run(told.around).start(), 2);
      assert.match(told.err(), new RegExp(`'${word}' is no command: did you mean ${verb}\\?`));
      assert.doesNotMatch(told.err(), /--overwrite/);
    });
    test(`${word}, where the server has no such database: exit 6 names ${verb}`, async () => {
      const told = surroundings({ argv: [word, 'x.zst'] }, unknown);
      assert.equal(await new Run(told.around).start(), 6);
      assert.match(told.err(), new RegExp(`^hint: .*did you mean ${verb}\\?`, 'm'));
    });
    test(`${word} is a database where the server has it`, async () => {
      const told = surroundings({ argv: [word, 'x.zst'] });
      assert.equal(await new Run(told.around).start(), 0);
      assert.equal(told.requests[0]?.database, word);
    });
  }

  test('where the file is something else it is in the way, and no verb is named', async () => {
    const infoJob = async () => {
      throw new Failure('not-a-backup', 'x is not a backup');
    };
    const told = surroundings({ argv: ['verfy', 'x.zst'] }, inTheWay, { infoJob });
    assert.equal(await new Run(told.around).start(), 8);
    assert.doesNotMatch(told.err(), /did you mean/);
  });

  for (const argv of [
    ['Sales', 'x.zst'],
    ['backup', 'verfy', 'x.zst'],
  ])
    test(`${argv.join(' ')} means no verb`, async () => {
      const told = surroundings({ argv }, unknown);
      assert.equal(await new Run(told.around).start(), 6);
      assert.doesNotMatch(told.err(), /did you mean/);
    });
});

test('restore --recovery is the default, not a typing error of --norecovery', async () => {
  const told = surroundings({ argv: ['restore', '--recovery', 'Sales', 'x'] });
  assert.equal(await new Run(told.around).start(), 2);
  assert.match(told.err(), /A restore ends WITH RECOVERY unless told otherwise/m);
  assert.doesNotMatch(told.err(), /norecovery/);
});

suite('what may not be meant draws a warning', () => {
  const warned = async (...argv: string[]) => {
    const told = surroundings({ argv }, async () => summary);
    assert.equal(await new Run(told.around).start(), 0);
    return told.err();
  };
  test('several files without --stripes', async () => {
    assert.match(
      await warned('Sales', 'my', 'backup.bak'),
      /^warning: 2 files: a restore needs every one of my, backup\.bak$/m,
    );
    assert.doesNotMatch(await warned('Sales', '--stripes', '2', '{stripe}'), /warning/);
  });
  test('a native backup called .zst', async () => {
    for (const compress of ['none', 'server'])
      assert.match(
        await warned('Sales', 'x.bak.zst', '--compress', compress),
        /^warning: x\.bak\.zst will hold a native backup/m,
      );
    assert.doesNotMatch(await warned('Sales', 'x.bak.zst'), /warning/);
  });
});

test('a dumb terminal gets lines, no bar', async () => {
  for (const [TERM, bar] of [
    ['dumb', false],
    ['xterm', true],
  ] as const) {
    const env = { SQLCMDUSER: 'sa', SQLCMDPASSWORD: 'x y z', TERM };
    const told = surroundings(
      { argv: ['Sales', 'x'], env, stderrIsTerminal: true },
      async (_request, emit) => {
        emit({
          event: 'progress',
          percent: 50,
          rawBytes: 1,
          storedBytes: 1,
          bytesPerSecond: 1,
        } as never);
        return summary;
      },
    );
    assert.equal(await new Run(told.around).start(), 0, told.err());
    assert.equal(told.err().includes('\r'), bar, JSON.stringify(told.err()));
  }
});
