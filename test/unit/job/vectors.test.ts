// What a released version wrote must stay readable, and its damaged twins must stay damaged.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { writeArchive } from '../../rig/make-archive.ts';
import { extract, info, verify } from '../../rig/read-jobs.ts';
import { decompressAll, sha256 } from '../../rig/zstd.ts';
import { makeTwin, type Twin } from '../../vectors/twins.ts';

const vectors = join(import.meta.dirname, '..', '..', '..', '..', 'test', 'vectors', 'v1');
const golden = join(vectors, 'sales.bak.zst');
const twins: Twin[] = JSON.parse(readFileSync(join(vectors, 'twins.json'), 'utf8'));
const stripes = [1, 2].map((stripe) => join(vectors, `stripe-${stripe}of2.bak.zst`));
const beforeChecksums = [1, 2].map((stripe) => join(vectors, `before-crc32-${stripe}of2.bak.zst`));
const goldenBefore = join(vectors, 'before-crc32.bak.zst');

suite('golden archive of format 1', () => {
  let folder: string;
  let archive: Buffer;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vectors-'));
    archive = await readFile(golden);
  });
  after(() => rm(folder, { recursive: true }));

  test('it is good, and says what it is', async () => {
    const { exitCode, report } = await verify([golden], 2);
    assert.equal(exitCode, 0, JSON.stringify(report.files));
    const [file] = report.files;
    assert.deepEqual(file?.frames, { checked: 2, bad: 0 });
    assert.equal(file?.goodRawBytes, file?.rawBytes);
    const { archive: said, sets } = await info(golden);
    assert.equal(said?.state, 'finished');
    assert.equal(sets[0]?.header.DatabaseName, 'Sales');
    assert.equal(sets[0]?.header.Provisional, undefined);
  });

  test('extract gives what any zstd gives', async () => {
    const out = join(folder, 'sales.bak');
    assert.equal((await extract(golden, out, { threads: 2 })).exitCode, 0);
    assert.equal(sha256(await readFile(out)), sha256(decompressAll(archive)));
  });

  for (const twin of twins) {
    test(`${twin.name}: verify ${twin.verify}, extract ${twin.extract}`, async () => {
      const [path, out] = [join(folder, twin.name), join(folder, `${twin.name}.out`)];
      await writeFile(path, makeTwin(archive, twin));
      const verified = await verify([path]);
      assert.equal(verified.exitCode, twin.verify, JSON.stringify(verified.report.files));
      const extracted = await extract(path, out);
      assert.equal(extracted.exitCode, twin.extract, extracted.message);
      assert.equal(existsSync(out), twin.extract === 0, 'a file only for a whole result');
      assert.equal(existsSync(`${out}.partial`), false);
    });
  }

  test('salvage keeps the frames in front of the damage, byte for byte', async () => {
    const whole = decompressAll(archive);
    for (const name of ['cut-in-frame-2', 'flipped-frame-2-data', 'cut-behind-frame-1']) {
      const twin = twins.find((one) => one.name === name);
      const [path, out] = [join(folder, `s-${name}`), join(folder, `s-${name}.out`)];
      await writeFile(path, makeTwin(archive, twin as Twin));
      const { exitCode, message } = await extract(path, out, { salvage: true });
      assert.equal(exitCode, 9);
      assert.match(message, /4194304 good bytes were salvaged/);
      assert.ok((await readFile(out)).equals(whole.subarray(0, 4 * 1024 * 1024)), name);
    }
  });

  suite('salvage behind a damaged header', () => {
    const salvaged = async (name: string, bytes: Buffer) => {
      const [path, out] = [join(folder, `h-${name}`), join(folder, `h-${name}.out`)];
      await writeFile(path, bytes);
      const { exitCode, message } = await extract(path, out, { salvage: true });
      assert.equal(exitCode, 9, message);
      return { message, out };
    };
    const twinOf = (name: string) => {
      const twin = twins.find((one) => one.name === name);
      assert.ok(twin, name);
      return makeTwin(archive, twin);
    };

    for (const name of ['magic', 'length', 'first-character', 'database', 'checksum'])
      test(`reads every frame, whatever is wrong with it (${name})`, async () => {
        const { message, out } = await salvaged(name, twinOf(`flipped-header-${name}`));
        assert.match(message, /; 4718080 bytes, all that it holds, were salvaged$/);
        assert.ok((await readFile(out)).equals(decompressAll(archive)));
      });

    test('says what else is lost', async () => {
      const cut = twinOf('flipped-header-database').subarray(0, archive.length - 30_000);
      const { message, out } = await salvaged('cut', cut);
      assert.match(
        message,
        /its header .+; and .+ is cut short; 4194304 good bytes were salvaged$/,
      );
      assert.equal((await readFile(out)).length, 4 * 1024 * 1024);
    });

    test('ends where the archive ends', async () => {
      const two = Buffer.concat([twinOf('flipped-header-database'), archive]);
      const { message } = await salvaged('two', two);
      assert.match(message, /; 4718080 bytes, all that it holds, were salvaged$/);
    });

    test('writes no file without a byte, least of all over another', async () => {
      const bytes = twinOf('flipped-frame-1-magic');
      const [path, out] = [join(folder, 'h-none'), join(folder, 'h-none.out')];
      await writeFile(path, bytes);
      await writeFile(out, 'precious');
      const { exitCode, message } = await extract(path, out, { salvage: true });
      assert.equal(exitCode, 9);
      assert.match(message, /; nothing was salvaged$/);
      assert.equal(await readFile(out, 'utf8'), 'precious');
    });
  });

  test('an archive with a tiny last frame does not pass for the file of another program', async () => {
    const path = join(folder, 'tiny');
    await writeArchive(path, [decompressAll(archive).subarray(0, 4 * 1024 * 1024 + 9000)]);
    const bytes = await readFile(path);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    await writeFile(path, bytes);
    const { exitCode, report } = await verify([path]);
    assert.equal(exitCode, 9);
    assert.match(report.files[0]?.damage[0]?.message ?? '', /part of an archive of vdibackup/);
  });

  test('an archive from before header and trailer had checksums is good', async () => {
    for (const files of [beforeChecksums, [goldenBefore]]) {
      const { exitCode, report } = await verify(files);
      assert.equal(exitCode, 0, JSON.stringify(report));
    }
  });

  test('an unfinished archive is refused with what it holds', async () => {
    const twin = twins.find((one) => one.name === 'cut-behind-the-frames') as Twin;
    const path = join(folder, 'unfinished');
    await writeFile(path, makeTwin(archive, twin));
    const { message } = await extract(path, join(folder, 'unfinished.out'));
    assert.match(message, /not a finished backup: it has no trailer; it holds 2 whole frames/);
    const { report } = await verify([path]);
    assert.ok(report.files[0]?.damage.some((damage) => damage.code === 'unfinished'));
  });

  test('a damaged frame is named with its place, and what follows is still checked', async () => {
    const twin = twins.find((one) => one.name === 'flipped-frame-1-data') as Twin;
    const path = join(folder, 'first-frame');
    await writeFile(path, makeTwin(archive, twin));
    const { report } = await verify([path]);
    const [file] = report.files;
    assert.deepEqual(file?.frames, { checked: 2, bad: 1 });
    assert.equal(file?.goodRawBytes, 0);
    assert.equal(file?.damage[0]?.rawOffset, 0);
    assert.match(file?.damage[0]?.message ?? '', /frame 1 at byte \d+/);
  });

  test('a native backup that breaks off is good up to there', async () => {
    const path = join(folder, 'broken-off.bak');
    const raw = decompressAll(archive);
    await writeFile(path, Buffer.concat([raw, Buffer.alloc(600, 'x')]));
    const { exitCode, report } = await verify([path]);
    assert.equal(exitCode, 9);
    assert.equal(report.files[0]?.goodRawBytes, raw.length);
  });

  test('stripes are good together, whatever their names', async () => {
    assert.equal((await verify(stripes)).exitCode, 0);
    const swapped = stripes.map((_, index) => join(folder, `swapped-${index}`));
    await copyFile(stripes[1] as string, swapped[0] as string);
    await copyFile(stripes[0] as string, swapped[1] as string);
    assert.equal((await verify(swapped)).exitCode, 0);
  });

  const wrongSets: [string, string[], string][] = [
    ['one stripe alone', [stripes[0] as string], 'stripe-missing'],
    ['one stripe twice', [stripes[1] as string, stripes[1] as string], 'stripe-twice'],
    ['a stripe with an archive of another set', [stripes[0] as string, golden], 'stripe-missing'],
  ];
  for (const [title, files, code] of wrongSets) {
    test(`${title} is no set`, async () => {
      const { exitCode, report } = await verify(files);
      assert.equal(exitCode, 2);
      assert.ok(report.sets.some((damage) => damage.code === code));
    });
  }

  test('a stripe that is missing beside one that is damaged is damage', async () => {
    const path = join(folder, 'damaged-stripe');
    const bytes = await readFile(stripes[0] as string);
    const at = Math.floor(bytes.length / 2);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at);
    await writeFile(path, bytes);
    const { exitCode, report } = await verify([path]);
    assert.deepEqual([exitCode, report.sets[0]?.code], [9, 'stripe-missing']);
  });

  test('the ends of one stripe do not pass for those of another', async () => {
    const [one, other] = await Promise.all(stripes.map((path) => readFile(path)));
    const path = join(folder, 'spliced');
    const cut = (bytes: Buffer) => bytes.lastIndexOf('{"vdibackup"') - 8;
    const [from, tail] = [one as Buffer, other as Buffer];
    await writeFile(path, Buffer.concat([from.subarray(0, cut(from)), tail.subarray(cut(tail))]));
    assert.equal((await verify([path])).exitCode, 9);
    assert.equal((await extract(path, join(folder, 'spliced.out'))).exitCode, 9);
  });
});
