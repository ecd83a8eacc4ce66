// A native backup of a form that is not known here: verify says so and ends with 0, SQL Server is asked where that is
// wanted, restore leaves the decision to it, and info tells why it tells nothing.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import type { InfoReport } from '../../src/job/info/info-report.ts';
import type { VerifyReport } from '../../src/job/verify/verify-report.ts';
import { containerOf } from '../fuzz/container-sample.ts';
import { payloadSum } from '../fuzz/mend.ts';
import { recordHeads } from '../rig/record-heads.ts';
import type { Rig } from '../rig/rig.ts';
import { assertFailed, trial } from '../rig/trial.ts';

const known = containerOf(['Sales']);

function ofVersion(version: number): Buffer {
  const bytes = Buffer.from(known);
  bytes.writeUInt32LE(version, 8);
  return bytes;
}

/** Every record has its checksum, and only a key makes sense of it. */
function encrypted(): Buffer {
  const bytes = Buffer.from(known);
  for (const { at } of recordHeads(known)) {
    const payload = bytes.subarray(at + 28, at + 28 + bytes.readUInt16LE(at + 2));
    for (const [index, byte] of payload.entries()) payload[index] = byte ^ (index * 7 + 1);
    bytes.writeUInt32LE(payloadSum(payload), at + 24);
  }
  return bytes;
}

function ofOtherRecords(): Buffer {
  const bytes = Buffer.from(known);
  for (const { at } of recordHeads(known)) bytes[at] = 0x41;
  return bytes;
}

const forms: [string, Buffer, RegExp][] = [
  [
    'a container of version 3',
    ofVersion(3),
    /its container has version 3, and only 1 and 2 are known/,
  ],
  [
    'records of another kind',
    ofOtherRecords(),
    /its compressed records are of a kind that is not known/,
  ],
  ['encrypted records', encrypted(), /it is encrypted, or compressed in a way that is not known/],
];

function asked(rig: Rig, statement: RegExp): number {
  return rig.server.statements.filter((text) => statement.test(text)).length;
}

suite('a form that is not known', { concurrency: 2 }, () => {
  for (const [what, bytes, why] of forms)
    test(`${what}: verify ends with 0 and says that it did not check it`, () =>
      trial(['s.bak'], async (rig) => {
        await writeFile(rig.path('s.bak'), bytes);
        const { code, stderr, lastLine } = await rig.bare(['verify', 's.bak']).ended;
        assert.equal(code, 0, stderr);
        assert.match(lastLine, /^OK verify .+ file=s\.bak unchecked=1$/);
        assert.match(stderr, /^warning: .+s\.bak could not be checked: /m);
        assert.match(stderr, why);
        assert.match(stderr, /^.+s\.bak: unchecked$/m);
        const machine = await rig.bare(['verify', 's.bak', '--json']).ended;
        const { verdict, good, files } = JSON.parse(machine.stdout.toString()) as VerifyReport;
        assert.deepEqual([verdict, good, files[0]?.verdict], ['unchecked', false, 'unchecked']);
        assert.match(files[0]?.unchecked ?? '', why);
        assert.equal(JSON.parse(machine.lastLine).unchecked, 1);
      }));

  for (const [what, bytes, why] of forms)
    test(`${what}: info tells why it tells nothing`, () =>
      trial(['s.bak'], async (rig) => {
        await writeFile(rig.path('s.bak'), bytes);
        const { code, stdout, stderr } = await rig.bare(['info', 's.bak']).ended;
        assert.equal(code, 0, stderr);
        assert.match(stdout.toString(), new RegExp(`^ {2}unknown +${why.source}`, 'm'));
        const machine = await rig.bare(['info', 's.bak', '--json']).ended;
        const { files } = JSON.parse(machine.stdout.toString()) as InfoReport;
        assert.match(files[0]?.unknown ?? '', why);
        assert.deepEqual(files[0]?.sets, []);
      }));

  test('verify --verifyonly asks about it, and SQL Server, which has the key, decides', () =>
    trial(['s.bak'], async (rig) => {
      await writeFile(rig.path('s.bak'), encrypted());
      const ended = await rig.run(['verify', '--verifyonly', 's.bak', '--json']).ended;
      assert.equal(ended.code, 0, ended.stderr);
      const { verdict, good, server } = JSON.parse(ended.stdout.toString()) as VerifyReport;
      assert.deepEqual([verdict, good, server?.outcome], ['unchecked', true, 'valid']);
      assert.equal(asked(rig, /^RESTORE VERIFYONLY/), 1);
      const { lastLine } = await rig.run(['verify', '--verifyonly', 's.bak']).ended;
      assert.match(lastLine, / file=s\.bak unchecked=1 server=valid$/);
    }));

  test('verify --verifyonly: what SQL Server does not know either is its own word', () =>
    trial(['s.bak'], async (rig) => {
      await writeFile(rig.path('s.bak'), ofVersion(3));
      assertFailed(await rig.run(['verify', '--verifyonly', 's.bak']).ended, 9, /Msg 3241/);
      assert.equal(asked(rig, /^RESTORE VERIFYONLY/), 1);
    }));

  test('restore leaves the decision to SQL Server', () =>
    trial(['s.bak'], async (rig) => {
      await writeFile(rig.path('s.bak'), encrypted());
      const { code, stderr } = await rig.run(['restore', 'Copy', 's.bak']).ended;
      assert.equal(code, 0, stderr);
      assert.equal(asked(rig, /^RESTORE DATABASE/), 1);
      assert.deepEqual((await rig.server.expectedBytes('Copy')).length, known.length);
    }));

  test('beside a damaged file it does not count: exit 9', () =>
    trial(['s.bak', 'bad.bak'], async (rig) => {
      await writeFile(rig.path('s.bak'), ofVersion(3));
      const bad = Buffer.from(containerOf(['Sales']));
      bad.writeUInt8(bad.readUInt8(900) ^ 1, 900);
      await writeFile(rig.path('bad.bak'), bad);
      const ended = await rig.bare(['verify', 's.bak', 'bad.bak']).ended;
      assertFailed(ended, 9, /1 of 2 files damaged/);
    }));
});
