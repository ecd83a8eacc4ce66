import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compress } from 'zstd-napi';
import {
  type ArchiveHeader,
  decodeArchiveHeader,
  encodeArchiveHeader,
  maxFrameSize,
  maxHeaderFrameBytes,
} from '../../../src/archive/header.ts';
import { encodeJsonFrame } from '../../../src/archive/json-frame.ts';
import {
  decodeSeekTableFooter,
  emptyChecksum,
  SeekTable,
} from '../../../src/archive/seek-table.ts';
import {
  type ArchiveTrailer,
  decodeArchiveTrailer,
  encodeArchiveTrailer,
  trailerFrameBytes,
} from '../../../src/archive/trailer.ts';
import { Failure } from '../../../src/base/errors.ts';
import { maxDevices } from '../../../src/base/platform/sql-server-limits.ts';
import { decodeFrameHeader, frameChecksum } from '../../../src/zstd/frame-header.ts';
import {
  archiveFrameMagic,
  decodeSkippableHead,
  encodeSkippableHead,
  isSkippable,
} from '../../../src/zstd/skippable-frame.ts';
import { facts, failure, frameOf, header, sample } from './rig.ts';

const file = 'sales.bak';
const damage = failure('integrity', 'archive-damaged', /^sales\.bak is damaged: /);

describe('skippable frame', () => {
  it('has magic and length in front, little-endian', () => {
    const head = encodeSkippableHead({ magic: 0x184d2a50, contentBytes: 0x01020304 });
    assert.deepEqual([...head], [0x50, 0x2a, 0x4d, 0x18, 4, 3, 2, 1]);
    assert.deepEqual(decodeSkippableHead(head, file), {
      magic: archiveFrameMagic,
      contentBytes: 0x01020304,
    });
  });

  it('is one of sixteen magics', () => {
    const magic = (low: number) => Uint8Array.of(low, 0x2a, 0x4d, 0x18, 0, 0, 0, 0);
    for (const low of [0x50, 0x5f]) assert.equal(isSkippable(magic(low)), true);
    for (const low of [0x4f, 0x60]) {
      assert.equal(isSkippable(magic(low)), false);
      assert.throws(() => decodeSkippableHead(magic(low), file), damage);
    }
    assert.throws(() => decodeSkippableHead(magic(0x50).subarray(0, 7), file), damage);
    assert.throws(() => encodeSkippableHead({ magic: 0x184d2a60, contentBytes: 0 }), RangeError);
    assert.throws(
      () => encodeSkippableHead({ magic: archiveFrameMagic, contentBytes: 2 ** 32 }),
      RangeError,
    );
  });
});

describe('archive header', () => {
  it('comes back as it was written', () => {
    const frame = encodeArchiveHeader(header);
    assert.deepEqual(decodeArchiveHeader(frame, file), header);
    const text = new TextDecoder().decode(frame.subarray(8));
    assert.match(text, /^\{"vdibackup":1,"setId":/);
  });

  it('keeps names of any script', () => {
    const named = { ...header, database: 'Продажи "2026"\\\n\u0000名', server: '🐘' };
    assert.deepEqual(decodeArchiveHeader(encodeArchiveHeader(named), file), named);
  });

  it('may be followed by other bytes', () => {
    const frame = Buffer.concat([encodeArchiveHeader(header), frameOf(sample(10))]);
    assert.deepEqual(decodeArchiveHeader(frame, file), header);
  });

  it('is read from shared memory', () => {
    const frame = encodeArchiveHeader(header);
    const shared = new Uint8Array(new SharedArrayBuffer(frame.length));
    shared.set(frame);
    assert.deepEqual(decodeArchiveHeader(shared, file), header);
  });

  const edges: [keyof ArchiveHeader, unknown[], unknown[]][] = [
    ['stripes', [2, maxDevices], [0, maxDevices + 1, 1.5, '2', null]],
    ['stripe', [1, 2], [0, 3, -1]],
    ['frameSize', [1, maxFrameSize], [0, maxFrameSize + 1, 2 ** 53]],
    ['blockSize', [512, 65536], [511, 65537]],
    ['transferSize', [65536, 4194304], [65535, 4194305]],
    ['type', ['copy', 'full', 'diff', 'log'], ['', 'COPY', 1, 'toString']],
    ['setId', [''], [undefined, 1]],
    ['compression', [{ algorithm: 'zstd', level: -7 }], [{ algorithm: 'zstd', level: 23 }, {}, []]],
  ];
  for (const [field, good, bad] of edges) {
    it(`checks ${field}`, () => {
      const withValue = (value: unknown) =>
        encodeArchiveHeader({ ...header, [field]: value } as ArchiveHeader);
      for (const value of good) decodeArchiveHeader(withValue(value), file);
      for (const value of bad) {
        assert.throws(() => decodeArchiveHeader(withValue(value), file), damage, String(value));
      }
    });
  }

  it('shows every wrong bit', () => {
    const frame = encodeArchiveHeader(header);
    for (let bit = 0; bit < frame.length * 8; bit += 1) {
      const wrong = frame.slice();
      wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.throws(() => decodeArchiveHeader(wrong, file), damage, `bit ${bit}`);
    }
  });

  it('is read without a checksum as well', () => {
    const frame = encodeJsonFrame(JSON.stringify({ vdibackup: 1, ...header }));
    assert.deepEqual(decodeArchiveHeader(frame, file), header);
  });

  it('of a newer version is refused by name', () => {
    const frame = encodeJsonFrame(JSON.stringify({ ...header, vdibackup: 2 }));
    const refused = failure('integrity', 'archive-version', /version is 2/);
    assert.throws(() => decodeArchiveHeader(frame, file), refused);
  });

  it('of another program is refused', () => {
    for (const text of ['', '{', '[]', 'null', '{}', '7', '{"vdibackup":"1"}', '\ufeff{}']) {
      assert.throws(() => decodeArchiveHeader(encodeJsonFrame(text), file), damage, text);
    }
    const notUtf8 = encodeArchiveHeader({ ...header, database: '#' });
    notUtf8[notUtf8.indexOf('#'.charCodeAt(0))] = 0xff;
    assert.throws(() => decodeArchiveHeader(notUtf8, file), damage);
  });

  it('is limited in size, checked from its head alone', () => {
    const padded = (bytes: number) =>
      encodeJsonFrame(JSON.stringify({ vdibackup: 1, ...header }), bytes);
    for (const bytes of [maxHeaderFrameBytes - 1, maxHeaderFrameBytes]) {
      assert.deepEqual(decodeArchiveHeader(padded(bytes), file), header);
    }
    assert.throws(() => decodeArchiveHeader(padded(maxHeaderFrameBytes + 1), file), damage);
    const liar = encodeSkippableHead({ magic: archiveFrameMagic, contentBytes: 0xffffffff });
    assert.throws(() => decodeArchiveHeader(liar, file), damage);
    const long = { ...header, database: 'x'.repeat(maxHeaderFrameBytes) };
    assert.throws(() => encodeArchiveHeader(long), /internal error/);
  });

  it('cut anywhere is refused', () => {
    const frame = encodeArchiveHeader(header);
    for (let length = 0; length < frame.length; length += 1) {
      assert.throws(() => decodeArchiveHeader(frame.subarray(0, length), file), damage);
    }
  });
});

describe('archive trailer', () => {
  const trailer: ArchiveTrailer = {
    setId: header.setId,
    stripe: 1,
    rawBytes: 2 ** 43,
    compressedBytes: 2 ** 40,
    frames: 2_621_440,
    ...facts,
    mtf: {
      compressed: false,
      complete: true,
      sets: 1,
      mediaSetId: 'A',
      familyCount: 2,
      familySequence: 1,
      set: {
        position: 1,
        type: 'D',
        recoveryModel: 'FULL',
        hasBackupChecksums: true,
        provisional: true,
        files: [{ logicalName: 'a', physicalName: 'b', type: 'D', size: 1, backupSize: 2 }],
      },
    },
    timings: { compressMs: 12.5 },
  };

  it('comes back as it was written, always at the same length', () => {
    const frame = encodeArchiveTrailer(trailer);
    assert.equal(frame.length, trailerFrameBytes);
    assert.deepEqual(decodeArchiveTrailer(frame, file), trailer);
    const { finished: _, mtf: __, timings: ___, ...least } = trailer;
    const short = encodeArchiveTrailer({ ...least, messages: [] });
    assert.equal(short.length, trailerFrameBytes);
    assert.deepEqual(decodeArchiveTrailer(short, file), { ...least, messages: [] });
  });

  it('leaves out the oldest messages when they do not fit, and counts them', () => {
    const messages = Array.from({ length: 500 }, (_, number) => ({
      number,
      severity: 0,
      text: `"${'ü'.repeat(60)}" ${number}`,
    }));
    const frame = encodeArchiveTrailer({ ...trailer, messages });
    assert.equal(frame.length, trailerFrameBytes);
    const read = decodeArchiveTrailer(frame, file);
    assert.equal(read.messages.at(-1)?.number, 499);
    assert.equal((read.messagesOmitted ?? 0) + read.messages.length, 500);
    assert.ok(read.messages.length > 50);
    assert.deepEqual(read.mtf, trailer.mtf);
  });

  it('cuts one long message', () => {
    const messages = [{ number: 3014, severity: 0, text: 'x'.repeat(20_000) }];
    const read = decodeArchiveTrailer(encodeArchiveTrailer({ ...trailer, messages }), file);
    assert.equal(read.messages[0]?.text.length, 400);
    assert.match(read.messages[0]?.text ?? '', /x…$/);
  });

  it('leaves out files when they do not fit, and counts them', () => {
    const one = {
      logicalName: 'n',
      physicalName: 'p'.repeat(100),
      type: 'D',
      size: 1,
      backupSize: 1,
    };
    const mtf = {
      compressed: false,
      complete: true,
      sets: 1,
      set: { files: Array(300).fill(one) },
    };
    const read = decodeArchiveTrailer(encodeArchiveTrailer({ ...trailer, mtf }), file);
    const kept = read.mtf?.set?.files?.length ?? 0;
    assert.ok(kept > 40 && kept < 300);
    assert.equal(read.filesOmitted, 300 - kept);
  });

  it('of any facts fits', () => {
    const text = fc.string({ unit: 'binary', maxLength: 520 });
    const long = fc.record({
      messages: fc.array(fc.record({ number: fc.nat(), severity: fc.nat(), text })),
      mtf: fc.record({
        compressed: fc.boolean(),
        complete: fc.boolean(),
        sets: fc.nat(),
        set: fc.record({ name: text, description: text, machine: text, database: text }),
      }),
    });
    fc.assert(
      fc.property(long, (given) => {
        const frame = encodeArchiveTrailer({ ...trailer, ...given });
        assert.equal(frame.length, trailerFrameBytes);
        decodeArchiveTrailer(frame, file);
      }),
    );
    const huge = {
      compressed: false,
      complete: true,
      sets: 1,
      set: { name: '\u0001'.repeat(9000) },
    };
    const read = decodeArchiveTrailer(encodeArchiveTrailer({ ...trailer, mtf: huge }), file);
    assert.equal(read.mtf, undefined);
  });

  it('shows a wrong bit, in its blanks, too', () => {
    const frame = encodeArchiveTrailer(trailer);
    for (const [at, byte] of frame.entries()) {
      const wrong = frame.slice();
      wrong[at] = byte ^ (1 << (at & 7));
      assert.throws(() => decodeArchiveTrailer(wrong, file), damage, `byte ${at}`);
    }
  });

  it('cut in its padding is refused', () => {
    const frame = encodeArchiveTrailer(trailer);
    assert.throws(() => decodeArchiveTrailer(frame.subarray(0, -1), file), damage);
  });

  it('with wrong types is refused', () => {
    const wrong = [
      { rawBytes: -1 },
      { frames: 1.5 },
      { compressedBytes: 2 ** 53 },
      { messages: {} },
      { messages: [1] },
      { messages: [{ number: '1', severity: 0, text: '' }] },
      { timings: { a: 'b' } },
      { mtf: { complete: 1 } },
      { mtf: { compressed: true, complete: true, sets: 1, set: { files: [{}] } } },
      { finished: null },
    ];
    for (const change of wrong) {
      const frame = encodeJsonFrame(JSON.stringify({ vdibackup: 1, ...trailer, ...change }));
      assert.throws(() => decodeArchiveTrailer(frame, file), damage, JSON.stringify(change));
    }
  });
});

describe('zstd frame header', () => {
  for (const length of [0, 1, 255, 256, 65535 + 256, 65536 + 256, 1 << 20]) {
    it(`of ${length} raw bytes tells them`, () => {
      const frame = frameOf(sample(length));
      const read = decodeFrameHeader(frame, file);
      assert.equal(read.contentSize, length);
      assert.equal(read.hasChecksum, true);
      assert.equal(read.dictionaryId, 0);
    });
  }

  it('without content size or checksum says so', () => {
    const frame = compress(sample(1000), { checksumFlag: false, contentSizeFlag: false });
    const read = decodeFrameHeader(frame, file);
    assert.equal(read.contentSize, undefined);
    assert.equal(read.hasChecksum, false);
  });

  it('reads every width of every field', () => {
    const magic = [0x28, 0xb5, 0x2f, 0xfd];
    const read = (...bytes: number[]) => decodeFrameHeader(Uint8Array.of(...magic, ...bytes), file);
    assert.deepEqual(read(0b0010_0101, 9, 200), {
      headerBytes: 7,
      contentSize: 200,
      hasChecksum: true,
      dictionaryId: 9,
    });
    const wide = read(0b1100_0011, 0x0b, 1, 2, 3, 0x84, 0, 0, 0, 0, 0, 0, 0x10, 0);
    assert.equal(wide.headerBytes, 18);
    assert.equal(wide.contentSize, 2 ** 52);
    assert.equal(wide.dictionaryId, 0x84030201);
    assert.equal(read(0b1100_0000, 0, 0, 0, 0, 0, 0, 0, 0x20, 0).contentSize, undefined);
    assert.equal(read(0b0100_0000, 0, 0, 0).contentSize, 256);
  });

  it('cut, reserved or foreign is refused', () => {
    const frame = frameOf(sample(100_000));
    const { headerBytes } = decodeFrameHeader(frame, file);
    for (let length = 0; length < headerBytes; length += 1) {
      assert.throws(() => decodeFrameHeader(frame.subarray(0, length), file), damage);
    }
    const reserved = Uint8Array.from(frame);
    reserved[4] = (frame[4] ?? 0) | 8;
    assert.throws(() => decodeFrameHeader(reserved, file), damage);
    assert.throws(() => decodeFrameHeader(Buffer.from('TAPE and more'), file), damage);
  });
});

describe('seek table', () => {
  const build = (frames: number) => {
    const table = new SeekTable();
    for (let index = 0; index < frames; index += 1) table.append(100 + index, 200 + index, index);
    return table;
  };
  const bytesOf = (table: SeekTable) => Buffer.concat([...table.encode()]);

  it('is laid out as the seekable format says', () => {
    const table = new SeekTable();
    table.append(0x0102, 0x0304, 0xaabbccdd);
    assert.deepEqual(
      bytesOf(table).toString('hex'),
      '5e2a4d1815000000' + '0201000004030000ddccbbaa' + '01000000' + '80' + 'b1ea928f',
    );
  });

  it('gives its last entry back', () => {
    for (const frames of [1, 65536, 65537]) {
      const table = build(frames);
      table.removeLast();
      assert.deepEqual(bytesOf(table), bytesOf(build(frames - 1)));
    }
    const again = build(65537);
    again.removeLast();
    again.append(1, 2, 3);
    const other = build(65536);
    other.append(1, 2, 3);
    assert.deepEqual(bytesOf(again), bytesOf(other));
    assert.throws(() => new SeekTable().removeLast(), /internal error/);
  });

  it('is absent where the footer magic is', () => {
    assert.equal(decodeSeekTableFooter(new Uint8Array(9), 9, file), undefined);
    assert.equal(decodeSeekTableFooter(new Uint8Array(8), 8, file), undefined);
  });

  it('that cannot be one of this file is refused before anything is allocated', () => {
    const footer = (entries: number, descriptor: number) => {
      const bytes = Buffer.alloc(9);
      bytes.writeUInt32LE(entries);
      bytes[4] = descriptor;
      bytes.writeUInt32LE(0x8f92eab1, 5);
      return bytes;
    };
    assert.throws(() => decodeSeekTableFooter(footer(0xffffffff, 0x80), 2 ** 52, file), damage);
    assert.throws(() => decodeSeekTableFooter(footer(0x8000001, 0x80), 2 ** 52, file), damage);
    assert.throws(() => decodeSeekTableFooter(footer(1, 0x80), 28, file), damage);
    assert.equal(decodeSeekTableFooter(footer(1, 0x80), 29, file)?.tableBytes, 29);
    for (const descriptor of [0, 0x81, 0x82, 0xc0])
      assert.throws(() => decodeSeekTableFooter(footer(1, descriptor), 29, file), damage);
  });

  it('holds the frames of 10 TiB in about 30 MiB', () => {
    const table = new SeekTable();
    for (let index = 0; index < 2_621_440; index += 1) table.append(1_500_000, 4_194_304, index);
    assert.ok(table.encodedBytes < 31 * 1024 * 1024);
  });

  it('knows the checksum of no data', () => {
    assert.equal(frameChecksum(frameOf(new Uint8Array(0))), emptyChecksum);
  });
});

describe('every decoder', () => {
  it('answers any bytes with a value or an integrity failure', () => {
    const decoders = [
      decodeSkippableHead,
      decodeArchiveHeader,
      decodeArchiveTrailer,
      decodeFrameHeader,
      (bytes: Uint8Array) => decodeSeekTableFooter(bytes, bytes.length, file),
    ];
    const start = fc
      .constantFrom('502a4d18', '5e2a4d18', '28b52ffd', '')
      .map((hex) => Buffer.from(hex, 'hex'));
    const end = fc.constantFrom('b1ea928f', '').map((hex) => Buffer.from(hex, 'hex'));
    const bytes = fc
      .tuple(start, fc.uint8Array({ maxLength: 100 }), end)
      .map((parts) => Buffer.concat(parts));
    fc.assert(
      fc.property(bytes, fc.constantFrom(...decoders), (given, decode) => {
        try {
          decode(given, file);
        } catch (error) {
          assert.ok(error instanceof Failure && error.kind === 'integrity', String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
