import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { description } from '../../rig/mtf-description.ts';
import { sectorChecksum } from '../../standin/mtf-checksum.ts';
import type { MtfDescription } from '../../standin/mtf-configuration.ts';
import { generateMtf, type MtfRequest, type MtfStream } from '../../standin/mtf-generator.ts';
import { extentBytes, pageBlock, pageBytes } from '../../standin/mtf-pages.ts';
import {
  date,
  guid,
  lsn,
  type MtfContent,
  type ReadAt,
  readMtf,
  text,
} from '../../standin/mtf-reader.ts';

const GiB = 1024 ** 3;

function make(change: Partial<MtfDescription>, request: Partial<MtfRequest> = {}): MtfStream {
  return generateMtf({
    description: { ...description, ...change },
    family: { sequence: 1, count: 1, mediaSetId: 'DBA99816-9A6C-4AB6-B68C-76B2A726823D' },
    bytes: 10_000_000,
    blockSize: 512,
    seed: 1,
    ratio: 4,
    ...request,
  });
}

// The stream as if it were a file, without ever being one: 32 GiB cost nothing.
function reader({ head, pages, repeats, remainder, tail, length }: MtfStream): ReadAt {
  const bulk = repeats * pages.length + remainder;
  const byteParts = (position: number): Buffer => {
    if (position < head.length) return head.subarray(position);
    const inBulk = position - head.length;
    if (inBulk < bulk) {
      const at = inBulk % pages.length;
      return pages.subarray(at, at + Math.min(pages.length - at, bulk - inBulk));
    }
    return tail.subarray(inBulk - bulk);
  };
  return async (position, wanted) => {
    const parts: Buffer[] = [];
    const end = Math.min(length, position + wanted);
    for (let at = position; at < end; ) {
      const part = byteParts(at).subarray(0, end - at);
      parts.push(part);
      at += part.length;
    }
    return Buffer.concat(parts);
  };
}

const walk = (stream: MtfStream): Promise<MtfContent> => readMtf(reader(stream));

const orderOfFull = 'TAPE SFMB SSET VOLB MSCI MSDA MSTL MSLS SFMB ESET ESET SFMB';

describe('a generated stream', () => {
  for (const blockSize of [512, 4096, 65_536]) {
    for (const type of ['full', 'diff', 'log'] as const) {
      test(`${type}, block size ${blockSize}: walks to its end, whole blocks, right length`, async () => {
        const stream = make({ type }, { blockSize });
        const content = await walk(stream);
        assert.equal(content.state, 'complete');
        assert.equal(content.length, stream.length);
        assert.equal(stream.length % blockSize, 0);
        assert.ok(Math.abs(stream.length - 10_000_000) <= Math.max(1024, blockSize));
        const order = type === 'log' ? orderOfFull.replace(' MSDA', '') : orderOfFull;
        assert.equal(content.blocks.join(' '), order);
      });
    }
  }

  test('of 33 GiB has 64-bit lengths that are right', async () => {
    const stream = make({}, { bytes: 33 * GiB });
    const content = await walk(stream);
    assert.equal(content.state, 'complete');
    assert.ok(Math.abs(stream.length - 33 * GiB) < 2048);
    assert.ok(stream.dataBytes > 2 ** 32 && stream.dataBytes % extentBytes === 0);
    assert.equal(content.scin?.readBigUInt64LE(96), content.scin?.readBigUInt64LE(344));
    assert.equal(content.files[0]?.backedUp, stream.dataBytes);
  });

  test('tells names, type, LSNs and dates', async () => {
    const content = await walk(make({ type: 'diff' }));
    const scin = content.scin as Buffer;
    assert.equal(text(scin, 104), 'Sales ü');
    assert.equal(text(scin, 108), 'HOST\\LAB');
    assert.equal(String.fromCharCode(scin.readUInt8(87)), 'I');
    assert.equal(lsn(scin, 32), 37000000012800036n);
    assert.deepEqual(date(scin, 82), description.finished);
    assert.deepEqual(date(scin, 72), description.created);
    assert.equal(guid(scin, 272), description.baseSetId);
    assert.equal(content.set?.setId, description.setId);
    assert.equal(content.set?.backupName, 'nightly');
    assert.equal(content.machineName, 'HOST');
    assert.deepEqual(
      content.files.map(({ logicalName, physicalName }) => [logicalName, physicalName]),
      [
        ['Sales ü', 'C:\\data\\Sales ü.mdf'],
        ['Sales ü_log', 'C:\\data\\Sales ü_log.ldf'],
      ],
    );
  });

  test('of several families says so in each', async () => {
    const stream = make({}, { family: { sequence: 2, count: 3, mediaSetId: description.setId } });
    const { label } = await walk(stream);
    assert.equal(label?.familyCount, 3);
    assert.equal(label?.familySequence, 2);
    assert.equal(label?.mediaSetId, description.setId);
  });

  test('cut anywhere is not complete; a flipped header bit is corrupt', async () => {
    const stream = make({});
    const read = reader(stream);
    for (const length of [100, 5000, 1_000_000, stream.length - 1, stream.length - 512]) {
      const cut: ReadAt = (at, wanted) => read(at, Math.max(0, Math.min(wanted, length - at)));
      assert.equal((await readMtf(cut)).state, 'truncated', `cut at ${length}`);
    }
    const setBlock = 1536;
    const raidStream = 0x8c;
    for (const at of [setBlock + 20, raidStream + 4]) {
      const head = Buffer.from(stream.head);
      head[at] = (head[at] ?? 0) ^ 1;
      assert.equal((await walk({ ...stream, head })).state, 'corrupt', `bit flipped at ${at}`);
    }
  });
});

describe('checksums', () => {
  test('the backup checksum holds for one, two and more repeats of the pages', () => {
    for (const bytes of [3_000_000, 6_000_000, 11_000_000]) {
      const { tail, pages, repeats, remainder } = make({ checksums: true }, { bytes });
      const data = Buffer.concat([
        ...Array.from({ length: repeats }, () => pages),
        pages.subarray(0, remainder),
      ]);
      assert.equal(tail.toString('latin1', 0, 4), 'CSUM');
      assert.equal(tail.readUInt32LE(22), sectorChecksum(data), `${bytes} bytes`);
    }
  });

  test('every page carries its own id and checksum', () => {
    const block = pageBlock(3, 4);
    for (const number of [0, 1, 100, 511]) {
      const page = Buffer.from(block.subarray(number * pageBytes, (number + 1) * pageBytes));
      const stored = page.readUInt32LE(60);
      page.writeUInt32LE(0, 60);
      assert.equal(page.readUInt32LE(32), number);
      assert.equal(sectorChecksum(page), stored);
    }
  });

  test('pages are the same for the same seed, and others for another', () => {
    const hash = createHash('sha256').update(pageBlock(3, 4)).digest('hex');
    assert.equal(hash, '983590b89b6a9aee5610fc69de6cd336024f8d9b45358d687415e319eab4d8fd');
    assert.ok(!pageBlock(3, 4).equals(pageBlock(4, 4)));
  });
});
