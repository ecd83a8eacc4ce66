// Windows PowerShell, and PowerShell before 7.4, read what a program writes to a pipe or redirection as text
// and write it anew: a backup comes out damaged, without any error.

import type { JobEvent } from '../../base/events.ts';

type Warning = Extract<JobEvent, { event: 'warning' }>;

/** Windows PowerShell is always older than 7.4; which PowerShell a pwsh.exe is, its name does not say. */
const programs: Readonly<Record<string, string>> = {
  'powershell.exe': 'Windows PowerShell damages',
  'pwsh.exe': 'PowerShell before 7.4 damages',
};

/** What to say when the program that started this one is `parent` and the backup goes to stdout. */
export function powerShellWarning(parent: string | undefined): Warning | undefined {
  const name = parent?.split('\\').at(-1)?.toLowerCase() ?? '';
  const words = programs[name];
  if (!words) return undefined;
  return {
    event: 'warning',
    code: 'powershell-pipe',
    message: `${words} binary data in pipes and redirections: the backup on stdout may be lost`,
    hint: 'Name a file, or let cmd make the pipe: cmd /c "vdibackup … - | program".',
  };
}
