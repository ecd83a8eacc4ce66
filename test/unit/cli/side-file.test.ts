import assert from 'node:assert/strict';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { Failure } from '../../../src/base/errors.ts';
import { refuseJobFile } from '../../../src/cli/files/side-file.ts';

suite('a file beside those of a job', () => {
  const folder = mkdtempSync(join(tmpdir(), 'side-file-'));
  const at = (name: string) => join(folder, name);
  after(() => rmSync(folder, { recursive: true }));
  writeFileSync(at('s.bak'), '');
  linkSync(at('s.bak'), at('hard'));
  symlinkSync('s.bak', at('soft'));
  mkdirSync(at('folder'));
  symlinkSync('folder', at('way'));
  symlinkSync('s.bak.partial', at('nowhere'));

  const isRefused = (error: unknown) => error instanceof Failure && error.code === 'is-a-job-file';
  for (const name of ['s.bak', 'hard', 'soft', 's.bak.partial', 'way/../s.bak', 'nowhere'])
    test(`is refused as ${name}`, () =>
      assert.rejects(() => refuseJobFile('--log-file', at(name), [at('s.bak')]), isRefused));

  test('is refused where the job will make one', async () => {
    for (const name of ['way/new.zst', 'way/NEW.zst', 'way/new.zst.partial', 'way/new.zst.sha256'])
      await assert.rejects(
        () => refuseJobFile('--log-file', at(name), [at('folder/new.zst')]),
        isRefused,
        name,
      );
  });

  test('is refused where what it is made in is one', async () => {
    writeFileSync(at('j.partial'), '');
    const refuse = (suffixes?: readonly string[]) =>
      refuseJobFile('--junit', at('j'), [at('j.partial')], suffixes);
    await refuse();
    await assert.rejects(() => refuse(['', '.partial']), isRefused);
  });

  test('may have any other name, and share a device', async () => {
    await refuseJobFile('--log-file', at('log'), [at('s.bak'), at('no/such/folder')]);
    await refuseJobFile('--log-file', at('no/such/log'), [at('s.bak')]);
    await refuseJobFile('--log-file', '/dev/null', ['/dev/null']);
  });
});
