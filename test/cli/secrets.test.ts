// A server that repeats what it was given, and passwords that are odd, short, or words of ours: none of them is shown or
// kept anywhere, and what is shown stays what scripts and people read.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { assertMasked, objects, passwords, repeated, withPassword } from '../rig/odd-passwords.ts';
import { assertSucceeded, okLine } from '../rig/trial.ts';

const withoutPassword = { env: { SQLCMDPASSWORD: '' } };

for (const [what, password] of passwords)
  suite(`a password that is ${what}`, { concurrency: 2 }, () => {
    test('is not in the lines, the log, the archive, nor what info says of it', () =>
      withPassword(password, ['l.log', 's.zst'], async (rig) => {
        rig.server.fault({ messages: repeated(password) });
        const args = ['Sales', 's.zst', '--log-file', 'l.log', '--log-level', 'debug'];
        const ended = await rig.run(args).ended;
        assertSucceeded(ended);
        assertMasked('stderr', ended.stderr);
        const log = (await rig.read('l.log')).toString();
        assertMasked('the log file', log);
        assert.equal(objects(log).at(-1)?.event, 'summary');
        assertMasked('the archive', (await rig.read('s.zst')).toString());
        const info = await rig.bare(['info', '--json', 's.zst'], withoutPassword).ended;
        assertMasked('info --json', info.stdout.toString());
        assert.equal(JSON.parse(info.stdout.toString()).files[0].archive.type, 'copy');
      }));

    test('is not in the events, which stay the interface', () =>
      withPassword(password, ['s.zst'], async (rig) => {
        rig.server.fault({ messages: repeated(password) });
        const { code, stderr } = await rig.run(['Sales', 's.zst', '--json']).ended;
        assert.equal(code, 0, stderr);
        assertMasked('--json', stderr);
        const { event, type, exitCode, setId } = objects(stderr).at(-1) ?? {};
        assert.deepEqual(
          { event, type, exitCode },
          { event: 'summary', type: 'copy', exitCode: 0 },
        );
        assert.match(String(setId), /^[0-9a-f-]{36}$/);
      }));
  });

suite('the last line', () => {
  for (const password of ['OK', 'FAILED', 'Sales copy', 'copy', 'file=', 'set='])
    test(`keeps its words where the password is ${password}`, () =>
      withPassword(password, ['s.zst'], async (rig) => {
        const ended = await rig.run(['Sales', 's.zst']).ended;
        assert.match(ended.lastLine, okLine);
        const failed = await rig.run(['Sales', 's.zst']).ended;
        assert.match(failed.lastLine, /^FAILED Sales copy: .* \(exit 8\)$/);
      }));
});
