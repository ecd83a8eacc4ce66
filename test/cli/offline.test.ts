// verify, info and extract as a user runs them: streams, last lines and exit codes.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { decompressAll } from '../rig/zstd.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const built = join(import.meta.dirname, '..', '..');
const bin =
  basename(built) === 'dist'
    ? join(root, 'bin', 'vdibackup.js')
    : join(built, 'src', 'cli', 'main.js');
const golden = join(root, 'test', 'vectors', 'v1', 'sales.bak.zst');

function vdibackup(...argv: string[]) {
  const { PATH = '' } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...argv], {
    env: { PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 28,
  });
  const said = stderr.toString();
  return { status, stdout, stderr: said, lastLine: said.trimEnd().split('\n').at(-1) ?? '' };
}

/** 64 KiB of zeros whose checksum is wrong. */
function badFrame(): Buffer {
  const head = Buffer.from('28b52ffda40000010003000800', 'hex');
  return Buffer.concat([head, Buffer.alloc(4)]);
}

suite('offline commands', () => {
  let folder: string;
  let damaged: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'offline-cli-'));
    damaged = join(folder, 'damaged.bak.zst');
    const bytes = readFileSync(golden);
    bytes[200_000] = (bytes[200_000] ?? 0) ^ 1;
    writeFileSync(damaged, bytes);
  });
  after(() => rm(folder, { recursive: true }));

  test('verify of a good archive: exit 0, OK, stdout empty', () => {
    const { status, stdout, stderr, lastLine } = vdibackup('verify', golden);
    assert.equal(status, 0, stderr);
    assert.match(lastLine, /^OK verify 454\.3 KiB -> 4\.50 MiB in .+ file=.+sales\.bak\.zst$/);
    assert.match(stderr, /^.+sales\.bak\.zst: good\n {2}archive of vdibackup/m);
    assert.equal(stdout.length, 0);
  });

  test('verify of a damaged one: exit 9, one error, FAILED', () => {
    const { status, stdout, stderr, lastLine } = vdibackup('verify', golden, damaged);
    assert.equal(status, 9, stderr);
    assert.match(lastLine, /^FAILED verify .+: 1 of 2 files damaged: .+ \(exit 9\)$/);
    assert.match(stderr, /^damage: .+frame 1 at byte \d+/m);
    assert.equal(stderr.match(/^error: /gm)?.length, 1);
    assert.equal(stdout.length, 0);
  });

  test('verify of one whose trailer is shorter than it was, which no other zstd could read: exit 9', () => {
    const short = join(folder, 'short-trailer.zst');
    // Its trailer has no checksum, which would tell as well.
    const [one, other] = [1, 2].map((stripe) =>
      join(golden, '..', `before-crc32-${stripe}of2.bak.zst`),
    );
    const bytes = readFileSync(one ?? '');
    const trailer = bytes.indexOf('{"vdibackup":', 100);
    bytes.writeUInt32LE(bytes.readUInt32LE(trailer - 4) - 256, trailer - 4);
    writeFileSync(short, bytes);
    const { status, lastLine } = vdibackup('verify', short, other ?? '');
    assert.equal(status, 9);
    assert.match(lastLine, /its trailer does not end where the seek table says/);
  });

  test('verify of one that is bad all over counts what it does not list', () => {
    const zeros = join(folder, 'zeros.zst');
    writeFileSync(zeros, Buffer.concat(Array.from({ length: 300 }, badFrame)));
    const { status, stderr, lastLine } = vdibackup('verify', zeros);
    assert.equal(status, 9);
    const others = Number(/\(and (\d+) more\)/.exec(lastLine)?.[1]);
    assert.ok(others > 150, lastLine);
    assert.equal(stderr.match(/^damage: /gm)?.length, 100);
  });

  test('verify --json: the report on stdout, JSON Lines on stderr', () => {
    const { status, stdout, stderr } = vdibackup('verify', '--json', damaged);
    assert.equal(status, 9);
    const report = JSON.parse(stdout.toString());
    assert.equal(report.good, false);
    assert.equal(report.files[0].form, 'archive');
    assert.equal(report.files[0].damage[0].code, 'archive-damaged');
    const events = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.ok(events.some(({ event }) => event === 'damage'));
    assert.deepEqual([events.at(-1).event, events.at(-1).exitCode], ['error', 9]);
  });

  test('verify of backups that were copied into one file warns once that SQL Server sees only the first', () => {
    const joined = join(folder, 'joined.bak');
    const one = decompressAll(readFileSync(golden));
    writeFileSync(joined, Buffer.concat([one, one, one]));
    const { status, stderr } = vdibackup('verify', joined);
    assert.equal(status, 0, stderr);
    const warnings = stderr.match(/^warning: .+joined\.bak: at byte (\d+) another medium begins/gm);
    assert.deepEqual(warnings?.length, 1, stderr);
    assert.ok(warnings[0]?.includes(`at byte ${one.length} `));
  });

  test('a file that cannot be read does not keep the others from being verified: exit 8, or 9 for damage', () => {
    const missing = join(folder, 'missing.zst');
    const { status, stdout, stderr, lastLine } = vdibackup('verify', '--json', missing, golden);
    assert.equal(status, 8, stderr);
    const { files, sets } = JSON.parse(stdout.toString());
    assert.deepEqual(
      files.map(({ good, unread }: { good: boolean; unread?: true }) => [good, unread]),
      [
        [false, true],
        [true, undefined],
      ],
    );
    assert.deepEqual(sets, []);
    assert.match(lastLine, /1 of 2 files could not be read: cannot read .+missing\.zst: .+ENOENT/);
    const worse = vdibackup('verify', missing, damaged);
    assert.equal(worse.status, 9, worse.stderr);
    assert.match(worse.stderr, /^warning: cannot read .+missing\.zst/m);
    assert.match(
      worse.lastLine,
      /: 1 of 2 files damaged, 1 could not be read: .+damaged\.bak\.zst is damaged/,
    );
    assert.equal(vdibackup('verify', missing).status, 8);
  });

  test('a report that nobody gets is no success; damage comes first', () => {
    const full = openSync('/dev/full', 'w');
    const lost = (...argv: string[]) => {
      const { PATH = '' } = process.env;
      const stdio = ['ignore', full, 'pipe'] as const;
      return spawnSync(process.execPath, [bin, ...argv], { env: { PATH }, stdio: [...stdio] });
    };
    for (const words of [['verify', '--json'], ['info', '--json'], ['info']]) {
      const { status, stderr } = lost(...words, golden);
      assert.equal(status, 8, words.join(' '));
      assert.match(stderr.toString(), /the report could not be written to standard output/);
    }
    assert.equal(lost('verify', '--json', damaged).status, 9);
    closeSync(full);
  });

  test('info: a table on stdout, OK on stderr', () => {
    const { status, stdout, stderr } = vdibackup('info', golden);
    assert.equal(status, 0, stderr);
    assert.match(stdout.toString(), /^ {2}database +Sales$/m);
    assert.match(stdout.toString(), /^ {2}state +finished$/m);
    assert.match(stderr, /^OK info file=.+\n$/);
  });

  test('info --json: field names of RESTORE HEADERONLY and FILELISTONLY', () => {
    const { status, stdout } = vdibackup('info', '--json', golden);
    assert.equal(status, 0);
    const [{ archive, sets }] = JSON.parse(stdout.toString()).files;
    assert.equal(archive.isCopyOnly, true);
    assert.equal(sets[0].header.DatabaseName, 'Sales');
    assert.equal(sets[0].header.BackupTypeDescription, 'Database');
    assert.equal(typeof sets[0].files[0].LogicalName, 'string');
  });

  test('extract to a file: only whole, and never over another', () => {
    const out = join(folder, 'sales.bak');
    const first = vdibackup('extract', golden, out);
    assert.equal(first.status, 0, first.stderr);
    assert.match(first.lastLine, /^OK extract 454\.3 KiB -> 4\.50 MiB in .+/);
    assert.ok(readFileSync(out).equals(decompressAll(readFileSync(golden))));
    assert.equal(vdibackup('extract', golden, out).status, 8);
    assert.equal(vdibackup('extract', '--overwrite', golden, out).status, 0);
  });

  test('extract to stdout: the bytes and nothing else', () => {
    const { status, stdout, lastLine } = vdibackup('extract', golden);
    assert.equal(status, 0);
    assert.match(lastLine, /^OK extract /);
    assert.ok(stdout.equals(decompressAll(readFileSync(golden))));
  });

  test('extract of one stripe says which it is, of how many, archive or not', () => {
    for (const stripe of [1, 2]) {
      const archive = join(golden, '..', `stripe-${stripe}of2.bak.zst`);
      const native = join(folder, `stripe-${stripe}of2.bak`);
      for (const [from, to] of [
        [archive, native],
        [native, join(folder, `again-${stripe}.bak`)],
      ] as const) {
        const { status, stderr } = vdibackup('extract', from, to);
        assert.equal(status, 0, stderr);
        const words = new RegExp(
          `warning: .*${basename(from)} is stripe ${stripe} of 2: RESTORE needs`,
        );
        assert.match(stderr, words);
      }
    }
    assert.doesNotMatch(vdibackup('extract', golden).stderr, /warning/);
  });

  test('extract of a damaged archive: exit 9 and no file', () => {
    const out = join(folder, 'damaged.bak');
    const { status, lastLine } = vdibackup('extract', damaged, out);
    assert.equal(status, 9);
    assert.match(lastLine, /^FAILED extract .+ is damaged: frame 1 at byte \d+.*\(exit 9\)$/);
    assert.ok(!existsSync(out) && !existsSync(`${out}.partial`));
  });

  test('extract of a partial file to the name it was meant for: exit 2, and it is still there', () => {
    const [partial, out] = [join(folder, 'kept.bak.partial'), join(folder, 'kept.bak')];
    writeFileSync(partial, readFileSync(golden));
    for (const argv of [
      [partial, out],
      ['--salvage', partial, out],
      ['--overwrite', partial, partial],
    ]) {
      const { status, lastLine } = vdibackup('extract', ...argv);
      assert.equal(status, 2);
      assert.match(lastLine, /kept\.bak\.partial is the file that is read \(exit 2\)$/);
      assert.ok(readFileSync(partial).equals(readFileSync(golden)));
    }
  });

  test('a line end in the name of a file leaves the last line whole', () => {
    const odd = join(folder, 'line\nend\u001b[31m.zst');
    writeFileSync(odd, readFileSync(golden));
    const { status, stdout, lastLine } = vdibackup('info', odd);
    assert.deepEqual([status, /^OK info file=/.test(lastLine)], [0, true]);
    assert.ok(!stdout.includes('\u001b'));
  });

  test('extract --salvage of one cut short: exit 9, and its good beginning', () => {
    const [cut, out] = [join(folder, 'cut.zst'), join(folder, 'cut.bak')];
    writeFileSync(cut, readFileSync(golden).subarray(0, 430_000));
    const { status, lastLine } = vdibackup('extract', '--salvage', cut, out);
    assert.equal(status, 9);
    assert.match(lastLine, /4194304 good bytes were salvaged/);
    assert.equal(readFileSync(out).length, 4_194_304);
  });

  const refused: [string, number, string[]][] = [
    ['verify without a file', 2, ['verify']],
    ['verify of stdin', 2, ['verify', '-']],
    ['info without a file', 2, ['info']],
    ['extract without a file', 2, ['extract']],
    ['extract with three', 2, ['extract', 'a', 'b', 'c']],
    ['extract --overwrite to stdout', 2, ['extract', '--overwrite', golden]],
    ['extract of a file that is not there', 8, ['extract', '/no/such/file', '-']],
    ['info of a file that is not there', 8, ['info', '/no/such/file']],
    ['verify of a file that is not there', 8, ['verify', '/no/such/file']],
    ['info of no backup', 9, ['info', bin]],
    ['verify of no backup', 9, ['verify', bin]],
    ['extract of a folder', 8, ['extract', root, '-']],
  ];
  for (const [title, exitCode, argv] of refused) {
    test(`${title}: exit ${exitCode}`, () => {
      const { status, stdout, stderr, lastLine } = vdibackup(...argv);
      assert.equal(status, exitCode, stderr);
      assert.match(lastLine, new RegExp(`^FAILED .+ \\(exit ${exitCode}\\)$|^FAILED: .+`));
      assert.equal(stdout.length, 0);
    });
  }

  for (const verb of ['verify', 'info', 'extract', 'doctor']) {
    test(`${verb} --help fits 80 columns`, () => {
      const { status, stdout } = vdibackup(verb, '--help');
      assert.equal(status, 0);
      for (const line of stdout.toString().split('\n')) assert.ok(line.length <= 80, line);
    });
  }
});
