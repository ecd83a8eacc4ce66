import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { describeHresult, vdiFailure } from '../../../src/vdi/hresult.ts';

suite('an HRESULT', () => {
  test('is said with number, symbol and meaning, signed or not', () => {
    const words = '0x80040154 REGDB_E_CLASSNOTREG (the VDI class is not registered)';
    assert.equal(describeHresult(0x80040154), words);
    assert.equal(describeHresult(0x80040154 | 0), words);
  });

  test('that nobody knows is a number', () => {
    assert.equal(describeHresult(0x8007abcd), '0x8007ABCD');
  });

  for (const [hresult, platform, hint] of [
    [0x80040154, 'win32', /regsvr32/],
    [0x80070005, 'win32', /administrator/],
    [0x80770005, 'win32', /administrator/],
    [0x80770005, 'linux', /sudo -u mssql/],
    [0x80770004, 'linux', /--shm-size/],
    [0x80770007, 'win32', /SQLEXPRESS/],
  ] as const) {
    test(`0x${hresult.toString(16)} has the next step for ${platform}`, () => {
      const { kind, hints } = vdiFailure('Create', hresult, platform);
      assert.equal(kind, 'environment');
      assert.match(hints[0] ?? '', hint);
    });
  }

  test('an abort has no advice about containers on Windows', () => {
    assert.doesNotMatch(vdiFailure('OpenDevice', 0x80770004, 'win32').hints.join(), /shm/);
  });
});
