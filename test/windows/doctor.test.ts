// doctor as a Windows program: COM's class and its device set, elevation, the instance.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { DoctorReport } from '../../src/job/doctor/doctor-report.ts';
import type { Ended } from '../rig/program.ts';
import { windowsTrial } from './windows-rig.ts';

function found({ stdout, stderr }: Ended, wanted: string) {
  const { findings } = JSON.parse(stdout.toString() || '{"findings":[]}') as DoctorReport;
  const finding = findings.find(({ check }) => check === wanted);
  assert.ok(finding, `a finding for ${wanted}\n${stderr}`);
  return finding;
}

suite('doctor', { concurrency: 2 }, () => {
  test('makes a device set through COM, ends it, and releases every object', () =>
    windowsTrial(
      [],
      async (windows) => {
        const ended = await windows.run(['doctor', '--json', 'Sales']).ended;
        assert.equal(ended.code, 0, ended.stderr);
        for (const check of ['elevation', 'vdi-library', 'device-set', 'vdc-complete', 'space'])
          assert.equal(found(ended, check).level, 'ok', check);
        const asked = windows.rig.judged().find((line) => line.includes(' NOTE CreateEx '));
        assert.match(asked ?? '', /instance=SQLEXPRESS$/);
      },
      { instance: 'SQLEXPRESS' },
    ));

  test('names the command for a class that is not registered', () =>
    windowsTrial([], async (windows) => {
      const env = { VDI_STANDIN_FACTORY: '0x80040154' };
      const ended = await windows.run(['doctor', '--json'], { env }).ended;
      assert.equal(ended.code, 5, ended.stderr);
      const { code, message, fix } = found(ended, 'vdi-library');
      assert.equal(code, 'vdi-class-unusable');
      assert.match(message, /REGDB_E_CLASSNOTREG/);
      assert.match(fix ?? '', /sqlvdi\.dll \| ForEach-Object \{ regsvr32/);
      assert.equal(found(ended, 'login').level, 'ok');
    }));

  test('names the elevated prompt where VDI denies access', () =>
    windowsTrial([], async (windows) => {
      const env = { VDI_STANDIN_SCRIPT: 'code=Create:1:0x80070005' };
      const ended = await windows.run(['doctor', '--json'], { env }).ended;
      assert.equal(ended.code, 5, ended.stderr);
      assert.match(found(ended, 'device-set').fix ?? '', /RunAs/);
    }));
});
