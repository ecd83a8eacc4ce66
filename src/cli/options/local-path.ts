// The words of the command line that name files -> absolute paths. A word that cannot mean a file of this system is
// refused: taken literally it would be a file of an odd name in the current folder, where nobody looks for the backup.

import { resolve } from 'node:path';
import { usageError } from '../usage-error.ts';

interface Foreign {
  readonly looksLike: RegExp;
  readonly on?: 'windows' | 'elsewhere';
  readonly what: string;
  readonly hint: string;
}

const unexpanded = 'Write the whole path, or leave the quotes away so that the shell replaces it.';

const foreign: readonly Foreign[] = [
  {
    looksLike: /^[a-z][a-z\d+.-]+:\/\//i,
    what: 'is a URL, which this version does not read or write',
    hint: 'A pipe does: name - for standard output or standard input.',
  },
  {
    looksLike: /^[a-z]:[\\/]/i,
    on: 'elsewhere',
    what: 'is a path of Windows',
    hint: 'The file is on the machine where vdibackup runs: name a path of this system.',
  },
  {
    looksLike: /^\\\\[^\\]/,
    on: 'elsewhere',
    what: 'is a share as Windows names it',
    hint: 'Mount the share and name the path of the mount.',
  },
  {
    looksLike: /^~[/\\]/,
    what: 'begins with a ~ that the shell did not replace',
    hint: unexpanded,
  },
  {
    looksLike: /^\$(\{\w+\}|\w+)[/\\]/,
    what: 'begins with a variable that the shell did not replace',
    hint: unexpanded,
  },
  {
    looksLike: /^%\w+%/,
    what: 'begins with a variable that cmd.exe did not replace',
    hint: unexpanded,
  },
];

/** Absolute. Throws Failure `usage` for a word that cannot be meant; `./WORD` insists. */
export function localPath(name: string, platform: NodeJS.Platform): string {
  const system = platform === 'win32' ? 'windows' : 'elsewhere';
  const found = foreign.find(({ looksLike, on = system }) => on === system && looksLike.test(name));
  if (!found) return resolve(name);
  const insist = `For a file of that very name write './${name}'.`;
  throw usageError('foreign-path', `'${name}' ${found.what}`, `${found.hint} ${insist}`);
}
