import assert from 'node:assert/strict';
import { test } from 'node:test';
import { powerShellWarning } from '../../../src/cli/files/powershell-pipe.ts';

test('a backup into a pipe of Windows PowerShell draws a warning', () => {
  const folder = 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0';
  assert.match(
    powerShellWarning(`${folder}\\PowerShell.exe`)?.message ?? '',
    /^Windows PowerShell/,
  );
});

test('a PowerShell that may be older than 7.4 draws one, too', () => {
  const message = powerShellWarning('C:\\Program Files\\PowerShell\\7\\pwsh.exe')?.message;
  assert.match(message ?? '', /^PowerShell before 7\.4/);
});

for (const other of ['C:\\Windows\\System32\\cmd.exe', 'powershell', '', undefined]) {
  test(`${other} draws none`, () => assert.equal(powerShellWarning(other), undefined));
}
