// The chain of records of a backup that SQL Server compressed: no damage may pass for the gap in front of a filemark.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MssqlbakCheck } from '../../../src/archive/mssqlbak-check.js';
import { containerSample } from '../../fuzz/container-sample.js';

const recordHeadBytes = 28;
const whole = containerSample();

function check(bytes: Uint8Array): { damage: string[]; records: { checked: number; bad: number } } {
  const damage: string[] = [];
  const records = new MssqlbakCheck(({ code }) => damage.push(code));
  records.push(bytes);
  records.end();
  return { damage, records: { ...records.records } };
}

function recordsOf(bytes: Buffer): { at: number; bytes: number }[] {
  const found = [];
  for (let at = 480; at < bytes.length; ) {
    const length = recordHeadBytes + bytes.readUInt16LE(at + 2);
    if (bytes[at] === 0x21) found.push({ at, bytes: length });
    at = bytes[at] === 0x21 ? at + length : Math.ceil((at + 1) / 512) * 512;
  }
  return found;
}

suite('the records of a compressed backup', () => {
  const all = recordsOf(whole);

  test('undamaged, every one counts', () => {
    assert.deepEqual(check(whole), { damage: [], records: { checked: all.length, bad: 0 } });
    assert.equal(all.length, 4);
  });

  for (const [index, { at, bytes }] of all.entries()) {
    test(`a flipped bit in record ${index + 1} is noticed, however near a filemark is`, () => {
      for (const place of [at + 24, at + recordHeadBytes, at + bytes - 1]) {
        const bent = Buffer.from(whole);
        bent[place] = (bent[place] ?? 0) ^ 4;
        assert.deepEqual(check(bent).damage, ['record-checksum'], `byte ${place}`);
      }
    });

    test(`record ${index + 1} overwritten with zeros is noticed`, () => {
      const bent = Buffer.from(whole).fill(0, at, at + Math.max(bytes, 1024));
      assert.notDeepEqual(check(bent).damage, []);
    });
  }
});
