// As secrets.test.ts, where something goes wrong: reasons, evidence, and what is only planned.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { assertMasked, mark, objects, passwords, withPassword } from '../rig/odd-passwords.ts';
import type { Ended } from '../rig/program.ts';
import { assertFailed } from '../rig/trial.ts';

for (const [what, password] of passwords)
  suite(`a password that is ${what}`, { concurrency: 2 }, () => {
    test('is not in the reason of a failure, of a statement or of the login', () =>
      withPassword(password, [], async (rig) => {
        const error = { number: 50000, severity: 16, text: `error: ${mark}${password}` };
        const run = (...more: string[]) => rig.run(['Sales', 's.zst', ...more]).ended;
        rig.server.fault({ error });
        const failed = await run();
        assertFailed(failed, 7, /Msg 50000: error: told:\*\*\* \(exit 7\)$/);
        assertMasked('stderr', failed.stderr);
        rig.server.fault({ error });
        const { stderr } = await run('--json');
        assertMasked('--json', stderr);
        assert.equal(objects(stderr).at(-1)?.event, 'error');
        rig.server.loginFault({ 'login-error': { ...error, number: 18456, severity: 14 } });
        const refused: Ended = await run();
        assertFailed(refused, 4, /Msg 18456: error: told:\*\*\* \(exit 4\)$/);
        assertMasked('stderr', refused.stderr);
      }));

    test('of the medium is not in a dry run, whose T-SQL stays T-SQL', () =>
      withPassword('another one', ['l.log'], async (rig) => {
        const literal = password.replaceAll("'", "''");
        const options = `MEDIADESCRIPTION = '${mark}${literal}', MEDIAPASSWORD/* */= N'${literal}'`;
        const args = ['--dry-run', 'Sales', 's.zst', '--with', options, '--log-file', 'l.log'];
        const ended = await rig.run([...args, '--log-level', 'debug']).ended;
        assert.equal(ended.code, 0, ended.stderr);
        assertMasked('stderr', ended.stderr);
        assertMasked('the log file', (await rig.read('l.log')).toString());
        assert.match(
          ended.stderr,
          /^BACKUP DATABASE \[Sales\] TO VIRTUAL_DEVICE = N'[^*]*' WITH .*COPY_ONLY/m,
        );
        assert.match(ended.stderr, /MEDIAPASSWORD\/\* \*\/= N'\*\*\*'$/m);
        assert.match(ended.stderr, /^OK Sales copy dry run, nothing was touched file=s\.zst$/m);
      }));
  });
