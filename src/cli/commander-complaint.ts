// What commander has to complain about a command line, in our words.

import type { CommanderError } from 'commander';
import { usageError } from './usage-error.js';

const tryHelp = 'Try vdibackup --help.';

/** Commander's complaint in one line of ours; a word that may hold a secret is cut. */
export function inOurWords({ code, message }: CommanderError, argv: readonly string[]): Error {
  const [first = '', suggestion] = message.replace(/^error: /, '').split('\n');
  const hint = suggestion ? suggestion.replace(/^\(|\)$/g, '') : tryHelp;
  switch (code) {
    case 'commander.unknownOption':
      return usageError('unknown-option', withoutValue(first), hint);
    case 'commander.missingArgument':
      return missingArgument(first, argv);
    default:
      return usageError('command-line', first, hint);
  }
}

function missingArgument(message: string, [verb = '']: readonly string[]): Error {
  if (verb !== 'backup')
    return usageError(
      'missing-argument',
      message.includes("'database'") ? 'no database named' : 'no file named',
      `See vdibackup ${verb} --help.`,
    );
  return usageError(
    'missing-argument',
    message.includes("'database'") ? 'no database named' : 'no destination file named',
    'Write vdibackup <database> <file...>, or - for stdout; see vdibackup --help.',
  );
}

/** `--pasword=secret` and `-xsecret` are named without what may be a value. */
function withoutValue(message: string): string {
  return message.replace(/^(unknown option ')(--[^=']*|-[^-']).*$/s, "$1$2'");
}
