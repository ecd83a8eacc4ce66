// What SQL Server is left with, and whether the run says the truth of it.

import type { Case } from './cases.ts';
import type { Seen } from './play.ts';

export function brokenDatabases({ scenario }: Case, seen: Seen): string[] {
  switch (scenario.verb) {
    case 'backup':
      return brokenVerdict(seen, 3014);
    case 'restore':
      return [...brokenRestore(seen), ...brokenVerdict(seen, 3014)];
    case 'verify':
      return scenario.connects ? brokenVerdict(seen, 3262) : [];
    case 'drill':
      return brokenDrill(seen);
    case 'extract':
      return [];
  }
}

/** Success is SQL Server's word, and nothing it takes back afterwards. */
function brokenVerdict({ code, runs }: Seen, number: number): string[] {
  if (code !== 0) return [];
  const messages = runs.at(-1)?.messages ?? [];
  return messages.at(-1) === number ? [] : [`success without SQL Server's Msg ${number}`];
}

const restores = /^RESTORE (DATABASE|LOG)\b/;

function brokenRestore({ code, stderr, databases, statements }: Seen): string[] {
  const state = databases.get('Copy');
  if (code === 0) return state === 'ONLINE' ? [] : [`success, and [Copy] is ${state ?? 'missing'}`];
  const begun = statements.some((text) => restores.test(text));
  if (!begun) return state === undefined ? [] : [`[Copy] is ${state} though nothing was restored`];
  if (/what state database \[Copy\] is in could not be asked/.test(stderr)) return [];
  const said = saidState(stderr);
  if (said === undefined) return ['nothing is said of what is left of [Copy]'];
  return said === (state ?? 'missing')
    ? []
    : [`[Copy] is said to be ${said} and is ${state ?? 'missing'}`];
}

function saidState(stderr: string): string | undefined {
  if (/there is no database \[Copy\]/.test(stderr)) return 'missing';
  return /database \[Copy\] (?:was left|is) (\w+)/.exec(stderr)?.[1];
}

function brokenDrill({ code, stderr, stdout, databases }: Seen): string[] {
  const found: string[] = [];
  const left = [...databases.keys()].filter((name) => name.startsWith('vdibackup_drill_'));
  for (const name of left)
    if (!stderr.includes(`DROP DATABASE [${name}]`)) found.push(`${name} is left and not said`);
  if (code === 0 && left.length > 0) found.push('success, and the database is still there');
  if (code === 0 || code === 10) found.push(...brokenEvidence(stdout));
  return found;
}

function brokenEvidence(stdout: Buffer): string[] {
  try {
    JSON.parse(stdout.toString());
    return [];
  } catch {
    return ['no evidence on standard output'];
  }
}
