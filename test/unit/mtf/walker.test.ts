import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { MtfFacts } from '../../../src/mtf/facts.ts';
import { MtfRecord } from '../../../src/mtf/fields.ts';
import { MtfWalker, maxKeptStreamBytes } from '../../../src/mtf/walker.ts';
import { block, filemark, sampleBlocks } from './sample.ts';

function walk(...pieces: Uint8Array[]): MtfFacts | undefined {
  const walker = new MtfWalker();
  for (const piece of pieces) walker.push(piece);
  return walker.end();
}

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

describe('MTF walker', () => {
  const whole = Buffer.concat(sampleBlocks());

  it('reads a stream and calls it complete', () => {
    const facts = walk(whole);
    assert.equal(facts?.complete, true);
    assert.equal(facts?.damage, undefined);
    assert.equal(facts?.sets, 1);
    assert.equal(facts?.mediaSetId, '33323130-3534-3736-3839-616263646566');
    assert.deepEqual([facts?.familyCount, facts?.familySequence], [3, 2]);
    assert.equal(facts?.set?.database, 'Sales');
    assert.equal(facts?.set?.softwareVersion, '16.0.1000');
    assert.equal(facts?.set?.firstLsn, '37000000277600001');
    assert.equal(facts?.set?.backupSetId, '09090909-0909-0909-0909-090909090909');
    assert.equal(facts?.set?.provisional, undefined);
    assert.deepEqual(facts?.set?.files, [
      { logicalName: '', physicalName: '', type: 'D', size: 8192, backupSize: 4096 },
    ]);
  });

  for (const size of [1, 2, 21, 22, 23, 51, 52, 53, 511, 512, 513, 65536]) {
    it(`finds the same in pieces of ${size} bytes`, () => {
      assert.deepEqual(walk(...cut(whole, size)), walk(whole));
    });
  }

  it('takes the media from the media header only', () => {
    const [tape, ...blocks] = sampleBlocks();
    const other = block('VOLB', new Uint8Array(56), [['RAID', new Uint8Array(32).fill(1)]]);
    const facts = walk(Buffer.concat([tape as Buffer, other, ...blocks]));
    assert.equal(facts?.damage, undefined);
    assert.deepEqual([facts?.familyCount, facts?.familySequence], [3, 2]);
  });

  it('reads views on shared memory', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(whole.length));
    shared.set(whole);
    assert.deepEqual(walk(shared), walk(whole));
  });

  it('knows nothing of other streams', () => {
    for (const bytes of ['', 'TAP', 'x', 'hello, world', 'MSSQLBA', 'SFMBxxxxxxxx'].map(
      Buffer.from,
    )) {
      assert.equal(walk(bytes), undefined);
    }
    assert.equal(walk(new Uint8Array(100_000)), undefined);
  });

  it('calls no cut stream complete', () => {
    for (let length = 8; length < whole.length; length += length < 4000 ? 13 : 509) {
      assert.equal(walk(whole.subarray(0, length))?.complete, false, `${length} bytes`);
    }
    const blocks = sampleBlocks();
    for (let count = 1; count < blocks.length; count += 1) {
      assert.equal(walk(Buffer.concat(blocks.slice(0, count)))?.complete, false, `${count} blocks`);
    }
  });

  it('says where it stopped', () => {
    const tape = sampleBlocks()[0] ?? assert.fail();
    const facts = walk(tape, Buffer.alloc(512, 0x21));
    assert.equal(facts?.damage, `no block header at byte ${tape.length}`);
    assert.match(walk(tape.subarray(0, 100))?.damage ?? '', /ends inside a block, at byte 100$/);
    const inStream = Buffer.from(tape);
    inStream[52 + 42 + 3] = 1;
    assert.match(walk(inStream)?.damage ?? '', /^no stream header in TAPE at byte 94$/);
  });

  it('takes zeros behind the end, of any number', () => {
    for (const zeros of [1, 51, 52, 53, 512, 65536]) {
      assert.equal(walk(whole, Buffer.alloc(zeros))?.complete, true, `${zeros} zeros`);
    }
    assert.equal(walk(whole, Buffer.from('x'))?.complete, false);
    assert.equal(walk(whole, Buffer.alloc(100, 1))?.complete, false);
  });

  it('takes zeros for a hole when anything stands behind them', () => {
    const [tape, mark, ...set] = sampleBlocks();
    const [first, hole] = [Buffer.concat([tape, mark, ...set] as Buffer[]), Buffer.concat(set)];
    for (const zeros of [52, 512, 1000]) {
      const holed = Buffer.from(hole).fill(0, 0, zeros);
      for (const pieces of [[first, holed], cut(Buffer.concat([first, holed]), 77)]) {
        const facts = walk(...pieces);
        assert.equal(facts?.complete, false, `${zeros} zeros`);
        assert.match(facts?.damage ?? '', /^there are zeros instead of a block, up to byte \d+$/);
      }
    }
  });

  it('takes zeros for no stream', () => {
    const [tape] = sampleBlocks() as [Buffer];
    const facts = walk(tape.subarray(0, 94), Buffer.alloc(10_000));
    assert.equal(facts?.damage, 'no stream header in TAPE at byte 94');
  });

  it('misses the start of a set, and the end of one that is not the last', () => {
    const blocks = sampleBlocks();
    const [start, end] = ['SSET', 'MSLS'].map((type) =>
      blocks.findIndex((one) => one.toString('latin1', 0, 4) === type),
    ) as [number, number];
    assert.equal(walk(...blocks.toSpliced(start, 1))?.complete, false);
    const facts = walk(...blocks.slice(0, end), ...blocks.slice(start));
    assert.deepEqual(
      [facts?.complete, facts?.sets, facts?.damage],
      [false, 2, 'backup set 1 has no end'],
    );
  });

  it('reads sets that follow each other and shows the last', () => {
    const second = sampleBlocks({ database: 'Later' }).slice(2);
    const facts = walk(whole, ...second);
    assert.deepEqual([facts?.sets, facts?.complete, facts?.set?.database], [2, true, 'Later']);
    for (const missing of [1, 2, 3, 4]) {
      assert.equal(
        walk(whole, ...second.slice(0, -missing))?.complete,
        false,
        `${missing} missing`,
      );
    }
    const withoutFinal = second.filter((bytes) => !bytes.toString('latin1').startsWith('MSLS'));
    assert.equal(walk(whole, ...withoutFinal)?.complete, false);
  });

  it('takes a stream whose filemarks the device keeps apart', () => {
    const blocks = sampleBlocks({ filemarks: false });
    assert.equal(walk(...blocks)?.complete, true);
    assert.equal(walk(...blocks.slice(0, -1))?.complete, false);
  });

  it('marks what only the start of the set says', () => {
    const facts = walk(...sampleBlocks().slice(0, 6));
    assert.equal(facts?.set?.provisional, true);
    assert.equal(facts?.set?.database, 'Sales');
  });

  it('sees backup checksums by flag or by stream', () => {
    assert.equal(walk(whole)?.set?.hasBackupChecksums, false);
    assert.equal(walk(...sampleBlocks({ flags: 0x210 }))?.set?.hasBackupChecksums, true);
    assert.equal(
      walk(...sampleBlocks({ withChecksumStream: true }))?.set?.hasBackupChecksums,
      true,
    );
  });

  it('does not call an aborted set complete', () => {
    const blocks = sampleBlocks();
    const end = Buffer.from(blocks.at(-3) ?? assert.fail());
    end[6] = 4;
    end.writeUInt16LE(end.readUInt16LE(50) ^ 4, 50);
    assert.equal(walk(...blocks.slice(0, -3), end, ...blocks.slice(-2))?.complete, false);
  });

  for (const extra of [-1, 0, 1]) {
    it(`keeps a configuration of ${maxKeptStreamBytes}${extra} bytes, and no larger one`, () => {
      const plain = 400 + 'Sales'.length * 2 + 282;
      const configurationBytes = maxKeptStreamBytes - plain + extra;
      const facts = walk(...sampleBlocks({ configurationBytes }));
      assert.equal(facts?.set?.database, extra > 0 ? undefined : 'Sales');
      assert.equal(facts?.damage, undefined);
    });
  }

  it('does not trust a length', () => {
    for (const length of [2n ** 53n - 1n, 2n ** 53n, 2n ** 64n - 1n]) {
      const tape = Buffer.from(sampleBlocks()[0] ?? assert.fail());
      const at = 52 + 42;
      tape.writeBigUInt64LE(length, at + 8);
      let sum = 0;
      for (let word = 0; word < 20; word += 2) sum ^= tape.readUInt16LE(at + word);
      tape.writeUInt16LE(sum, at + 20);
      assert.match(walk(tape)?.damage ?? '', /^no stream header/);
    }
  });

  it('does not trust a block header with one wrong bit', () => {
    const tape = Buffer.from(sampleBlocks()[0] ?? assert.fail());
    tape[20] = 1;
    assert.equal(walk(tape)?.damage, 'no block header at byte 0');
  });

  it('survives any damage, and finds the same however the bytes are cut', () => {
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 });
    const cuts = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(damage, cuts, fc.nat(whole.length), (changes, sizes, length) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        assertSameInPieces(length % 3 === 0 ? bytes : bytes.subarray(0, length), sizes);
      }),
    );
  });

  it('survives any bytes behind any block head', () => {
    const magic = fc.constantFrom('TAPE', 'MSSQLBAK', 'SSET', '').map((text) => Buffer.from(text));
    const types = fc.constantFrom('TAPE', 'SFMB', 'SSET', 'VOLB', 'MSCI', 'MSLS', 'ESET', 'WHAT');
    const streams = fc.array(
      fc.tuple(
        fc.constantFrom('MQCI', 'RAID', 'MQDA', 'CSUM', 'SPAD'),
        fc.uint8Array({ maxLength: 700 }),
      ),
      { maxLength: 3 },
    );
    const any = fc
      .tuple(types, fc.uint8Array({ maxLength: 300 }), streams)
      .map(([type, body, list]) => block(type, body, list));
    const stream = fc
      .tuple(fc.array(any, { maxLength: 6 }), magic, fc.uint8Array({ maxLength: 100 }))
      .map(([blocks, head, rest]) => Buffer.concat([block('TAPE'), ...blocks, head, rest]));
    const raw = fc
      .tuple(magic, fc.uint8Array({ maxLength: 300 }))
      .map((parts) => Buffer.concat(parts));
    const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 });
    fc.assert(fc.property(fc.oneof(stream, raw), sizes, assertSameInPieces), { numRuns: 1000 });
  });

  function assertSameInPieces(bytes: Uint8Array, sizes: readonly number[]): void {
    const pieces: Uint8Array[] = [];
    for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
      const size = sizes[turn % sizes.length] ?? 1;
      pieces.push(bytes.subarray(at, at + size));
      at += size;
    }
    const facts = walk(bytes);
    assert.deepEqual(walk(...pieces), facts);
    if (facts) assert.deepEqual(JSON.parse(JSON.stringify(facts)), facts);
  }
});

describe('a stream compressed by SQL Server', () => {
  const start = Buffer.concat([Buffer.from('MSSQLBAK'), Buffer.alloc(504, 7)]);

  it('is complete when it ends with the closing filemark of a set', () => {
    for (const [before, complete, sets] of [
      [0, false, 0],
      [1, false, 0],
      [3, false, 0],
      [2, true, 1],
      [4, true, 2],
    ] as const) {
      assert.deepEqual(walk(start, filemark(before)), { compressed: true, complete, sets });
    }
    assert.equal(walk(start)?.complete, false);
    assert.equal(walk(start, filemark(2), Buffer.from('x'))?.complete, false);
  });

  // The last: the filemark lies across the end of what is kept.
  for (const length of [65535, 65536, 65537, 131072, 131072 + 256 - 1024]) {
    it(`finds its end behind ${length} bytes in pieces of any size`, () => {
      const bytes = Buffer.concat([start, Buffer.alloc(length, 9), filemark(2)]);
      for (const size of [7, 512, 65535, 65536, 65537]) {
        assert.equal(walk(...cut(bytes, size))?.complete, true, `pieces of ${size}`);
      }
    });
  }
});

describe('MTF fields', () => {
  it('print dates, log sequence numbers and GUIDs as SQL Server does', () => {
    const bytes = Buffer.alloc(64);
    // 2022-09-22 22:21:50 as year 14, month 4, day 5, hour 5, minute 6, second 6 bits.
    const date = (
      ((((2022n * 16n + 9n) * 32n + 22n) * 32n + 22n) * 64n + 21n) * 64n +
      50n
    ).toString(16);
    bytes.write(date.padStart(10, '0'), 0, 'hex');
    bytes.writeUInt32LE(0xffffffff, 8);
    bytes.writeUInt32LE(0xffffffff, 12);
    bytes.writeUInt16LE(0xffff, 16);
    bytes.write('20395392a45cf04c9e99aa2124c034a4', 32, 'hex');
    const record = new MtfRecord(bytes);
    assert.equal(record.date(0), '2022-09-22T22:21:50');
    assert.equal(
      record.lsn(8),
      '4294967295429496729565535'.replace(
        '4294967295429496729565535',
        String(4294967295n * 10n ** 15n + 4294967295n * 10n ** 5n + 65535n),
      ),
    );
    assert.equal(record.guid(32), '92533920-5CA4-4CF0-9E99-AA2124C034A4');
    assert.deepEqual(
      [record.date(48), record.lsn(48), record.guid(48)],
      [undefined, undefined, undefined],
    );
  });

  it('outside the record are nothing', () => {
    const record = new MtfRecord(new Uint8Array(3).fill(0xff));
    assert.deepEqual(
      [record.u16(2), record.u32(0), record.text(0), record.guid(0)],
      [0, 0, undefined, undefined],
    );
  });
});

// Real backups of many versions, beside the checkout where they are available.
const corpus = join(import.meta.dirname, ...Array(5).fill('..'), 'shared', 'corpus');

describe('MTF walker on real backups', { skip: !existsSync(corpus) }, () => {
  const read = (name: string) => {
    const bytes = readFileSync(join(corpus, name));
    const facts = walk(bytes);
    for (const size of [4093, 1 << 20]) assert.deepEqual(walk(...cut(bytes, size)), facts);
    return facts ?? assert.fail('not recognised');
  };

  it('reads a two-pass full backup of SQL Server 2019', () => {
    const { set, ...media } = read('sql2019-full-2pass.bak');
    assert.deepEqual(media, {
      compressed: false,
      complete: true,
      sets: 1,
      mediaSetId: '3355A91F-AF03-4038-B087-CD6D9658DBBA',
      familyCount: 1,
      familySequence: 1,
      blockSize: 4096,
      mediaAttributes: 0x30000,
      lastBlocks: 'MSTL MSLS SFMB ESET ESET SFMB',
    });
    assert.deepEqual(set, {
      position: 1,
      name: 'School-Полная База данных Резервное копирование',
      userName: 'DESKTOP-V4EPFJ1\\egork',
      timeZoneMinutes: 180,
      backupSetId: '53923920-5CA4-4CF0-9E99-AA2124C034A4',
      machine: 'DESKTOP-V4EPFJ1',
      database: 'School',
      server: 'DESKTOP-V4EPFJ1\\LOCALDB#36B6BB32',
      type: 'D',
      firstLsn: '37000000277600001',
      lastLsn: '37000000280000001',
      checkpointLsn: '37000000277600001',
      databaseBackupLsn: '37000000250400001',
      familyId: '89236E39-7D93-4619-8BEB-585BC239397E',
      recoveryForkId: '89236E39-7D93-4619-8BEB-585BC239397E',
      firstRecoveryForkId: '89236E39-7D93-4619-8BEB-585BC239397E',
      started: '2022-09-22T22:21:50',
      finished: '2022-09-22T22:21:50',
      softwareVersion: '15.0.4153',
      compatibilityLevel: 150,
      databaseVersion: 904,
      recoveryModel: 'SIMPLE',
      hasBackupChecksums: false,
      backupSize: 3956736,
      files: [
        {
          logicalName: 'School',
          physicalName: 'C:\\Users\\egork\\School.mdf',
          type: 'D',
          filegroup: 'PRIMARY',
          size: 8388608,
          backupSize: 3735552,
        },
        {
          logicalName: 'School_log',
          physicalName: 'C:\\Users\\egork\\School_log.ldf',
          type: 'L',
          size: 8388608,
          backupSize: 12288,
        },
      ],
    });
  });

  const expected: [string, string, string, string, number, string][] = [
    ['sql2005-full-northwind.bak', '9.0.1399', 'Northwind', 'D', 1, '1/1'],
    ['sql2008-full-northwind.bak', '10.0.4067', 'Northwind', 'D', 1, '1/1'],
    ['sql2008r2-full-2filegroups.bak', '10.50.1617', 'Db_Tank', 'D', 1, '1/1'],
    ['sql2008r2-full-checksum.bak', '10.50.1600', 'Cube_Query_History', 'D', 1, '1/1'],
    ['sql2008r2-stripe1of2.bak', '10.50.4042', 'RestoreTimeStripe', 'D', 1, '1/2'],
    ['sql2008r2-stripe2of2.bak', '10.50.4042', 'RestoreTimeStripe', 'D', 1, '2/2'],
    ['sql2012-multiset-6.bak', '11.0.2100', 'DB_QLBH1', 'I', 6, '1/1'],
    ['sql2014-stripe1of2-alone.bak', '12.0.2000', 'Northwind', 'D', 1, '1/2'],
    ['sql2016-full.bak', '13.0.5081', 'RestoreTimeClean', 'D', 1, '1/1'],
    ['sql2016-diff.bak', '13.0.5081', 'RestoreTimeClean', 'I', 1, '1/1'],
    ['sql2016-log1.bak', '13.0.5081', 'RestoreTimeClean', 'L', 1, '1/1'],
    ['sql2017-full.bak', '14.0.1000', 'backup_test', 'D', 1, '1/1'],
  ];
  for (const [name, version, database, type, sets, family] of expected) {
    it(`reads ${name}`, () => {
      const facts = read(name);
      const { set } = facts;
      assert.deepEqual(
        [set?.softwareVersion, set?.database, set?.type, facts.sets, facts.complete],
        [version, database, type, sets, true],
      );
      assert.equal(`${facts.familySequence}/${facts.familyCount}`, family);
      assert.equal(set?.hasBackupChecksums, name.includes('checksum'));
    });
  }

  it('finds the chain of a database in its backups', () => {
    const [full, diff, log1, log2] = ['full', 'diff', 'log1', 'log2'].map(
      (kind) => read(`sql2016-${kind}.bak`).set,
    );
    assert.equal(log1?.lastLsn, log2?.firstLsn);
    assert.equal(log1?.databaseBackupLsn, full?.checkpointLsn);
    assert.equal(diff?.differentialBaseLsn, full?.checkpointLsn);
    assert.equal(diff?.differentialBaseId, full?.backupSetId);
  });

  for (const [name, blockSize] of [
    ['sql2016-compressed-tutorialdb.bak', 512],
    ['sql2016-compressed-tsqlv4.bak', 4096],
    ['sql2022-compressed.bak', 4096],
  ] as const) {
    it(`knows the end of ${name}`, () => {
      const { mediaSetId, ...facts } = read(name) ?? {};
      const place = { familyCount: 1, familySequence: 1, blockSize };
      assert.deepEqual(facts, { compressed: true, complete: true, sets: 1, ...place });
      assert.match(mediaSetId ?? '', /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
      const bytes = readFileSync(join(corpus, name));
      for (const missing of [1, 512, 4096, 20_000, bytes.length >> 1]) {
        assert.equal(walk(bytes.subarray(0, -missing))?.complete, false);
      }
    });
  }

  it('calls no cut backup complete', () => {
    const bytes = readFileSync(join(corpus, 'sql2016-log1.bak'));
    for (let length = 8; length < bytes.length; length += 256) {
      assert.equal(walk(bytes.subarray(0, length))?.complete, false);
    }
  });
});
