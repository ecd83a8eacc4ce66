// The chain of records of a backup that SQL Server compressed: no damage may pass for the gap in front of a filemark, and
// nothing that is merely not known for damage.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MssqlbakCheck } from '../../../src/mtf/mssqlbak/check.ts';
import { type ContainerVersion, containerOf } from '../../fuzz/container-sample.ts';
import { payloadSum } from '../../fuzz/mend.ts';
import { mediaHeader } from '../../fuzz/stream-sample.ts';
import { type RecordHead, recordHeads } from '../../rig/record-heads.ts';

interface Checked {
  readonly damage: readonly string[];
  readonly records: { readonly checked: number; readonly bad: number };
  readonly unknown?: string;
}

function check(bytes: Uint8Array, pieces = bytes.length): Checked {
  const damage: string[] = [];
  const records = new MssqlbakCheck(({ code }) => damage.push(code));
  for (let at = 0; at < bytes.length; at += pieces) records.push(bytes.subarray(at, at + pieces));
  records.end();
  const { unknown } = records;
  return { damage, records: { ...records.records }, ...(unknown !== undefined && { unknown }) };
}

function bent(bytes: Buffer, at: number, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ (1 << bit);
  return copy;
}

const sample = (version: ContainerVersion) =>
  containerOf(['Sales', 'Stock'], undefined, mediaHeader(), version);
const bits = [0, 1, 2, 3, 4, 5, 6, 7];

for (const version of [1, 2] as const)
  suite(`the records of a container of version ${version}`, () => {
    const whole = sample(version);
    const heads = recordHeads(whole);
    const sumAt = (head: RecordHead) => head.meaning[4] ?? 0;

    test('undamaged, every one counts, in pieces of any size', () => {
      assert.equal(heads.length, 9);
      const good = { damage: [], records: { checked: 9, bad: 0 } };
      for (const pieces of [1, 7, 512, whole.length]) assert.deepEqual(check(whole, pieces), good);
    });

    for (const [index, head] of heads.entries()) {
      const payloadAt = Math.max(...head.meaning, ...head.rest) + 1;
      const payloadBytes = whole.readUInt16LE(head.at + 2);

      test(`any bit of the head of record ${index + 1} is noticed, however near a filemark is`, () => {
        for (const at of head.meaning)
          for (const bit of bits) {
            const { damage, unknown } = check(bent(whole, at, bit));
            assert.notDeepEqual(damage, [], `bit ${bit} of byte ${at}`);
            assert.equal(unknown, undefined);
          }
      });

      test(`what SQL Server leaves as it was in the head of record ${index + 1} is no damage`, () => {
        for (const at of head.rest) assert.deepEqual(check(bent(whole, at, 3)).damage, []);
      });

      test(`a bit in the bytes of record ${index + 1} costs it its checksum`, () => {
        for (const at of [payloadAt, payloadAt + 200, payloadAt + payloadBytes - 1])
          assert.deepEqual(check(bent(whole, at, 2)).damage, ['record-checksum'], `byte ${at}`);
      });

      test(`record ${index + 1} overwritten with zeros is noticed, so is its head alone`, () => {
        for (const length of [payloadAt - head.at, payloadAt - head.at + payloadBytes, 1024])
          assert.notDeepEqual(
            check(Buffer.from(whole).fill(0, head.at, head.at + length)).damage,
            [],
          );
      });

      test(`record ${index + 1} that goes on behind its end mark has another length`, () => {
        const copy = Buffer.from(whole);
        const longer = payloadBytes + 2;
        copy.writeUInt16LE(longer, head.at + 2);
        copy.writeUInt32LE(payloadSum(copy.subarray(payloadAt, payloadAt + longer)), sumAt(head));
        assert.notDeepEqual(check(copy).damage, []);
      });
    }
  });

suite('a container that is not known', () => {
  const whole = sample(2);
  const [first, second] = recordHeads(whole);
  assert.ok(first && second);
  const payloadOf = ({ at }: RecordHead) =>
    [at + 28, at + 28 + whole.readUInt16LE(at + 2)] as const;

  /** Each record as `change` leaves its payload, with the right checksum. */
  function recoded(change: (payload: Buffer) => void): Buffer {
    const copy = Buffer.from(whole);
    for (const head of recordHeads(whole)) {
      const payload = copy.subarray(...payloadOf(head));
      change(payload);
      copy.writeUInt32LE(payloadSum(payload), head.at + 24);
    }
    return copy;
  }

  test('of another version is not checked', () => {
    for (const version of [3, 255]) {
      const copy = Buffer.from(whole);
      copy.writeUInt32LE(version, 8);
      const { damage, unknown } = check(copy, 100);
      assert.deepEqual(damage, []);
      assert.match(unknown ?? '', new RegExp(`version ${version}, and only 1 and 2 are known`));
    }
  });

  test('is none that says a version which cannot be', () => {
    for (const version of [0, 256, 0x01000002]) {
      const copy = Buffer.from(whole);
      copy.writeUInt32LE(version, 8);
      assert.deepEqual(check(copy, 100).damage, ['record-chain']);
    }
  });

  test('whose records are of another kind from the first one on is not damaged', () => {
    const copy = Buffer.from(whole);
    for (const { at } of recordHeads(whole)) copy[at] = 0x41;
    const { damage, unknown } = check(copy);
    assert.deepEqual(damage, []);
    assert.match(unknown ?? '', /records are of a kind that is not known/);
  });

  test('with one good record of a known kind is damaged where the others are of none', () => {
    const copy = Buffer.from(whole);
    for (const { at } of recordHeads(whole).slice(1)) copy[at] = 0x41;
    const { damage, unknown } = check(copy);
    assert.deepEqual([damage[0], unknown], ['record-chain', undefined]);
    for (const { at } of recordHeads(whole).slice(0, -1)) copy[at] = 0x41;
    copy[recordHeads(whole).at(-1)?.at ?? 0] = 0x21;
    assert.deepEqual(check(copy).unknown, undefined);
    assert.notDeepEqual(check(copy).damage, []);
  });

  test('whose records are whole, but encrypted, keeps its checksums', () => {
    const copy = recoded((payload) => {
      for (const [at, byte] of payload.entries()) payload[at] = byte ^ (at * 7 + 1);
    });
    const { damage, records, unknown } = check(copy);
    assert.deepEqual(damage, []);
    assert.deepEqual(records, { checked: 9, bad: 0 });
    assert.match(unknown ?? '', /encrypted, or compressed in a way that is not known/);
    assert.deepEqual(check(bent(copy, second.at + 100, 1)).damage, ['record-checksum']);
  });

  test('is not made of one that is cut in its first record', () => {
    for (const length of [first.at + 4, first.at + 28, first.at + 200]) {
      const { damage, unknown } = check(whole.subarray(0, length));
      assert.deepEqual([damage, unknown], [['record-chain'], undefined], `${length} bytes`);
    }
    assert.equal(check(whole.subarray(0, 11)).unknown, undefined);
  });
});
