// What commander has to complain about a command line, in our words.

import type { CommanderError } from 'commander';
import { withoutVerifyonly } from './options/verify-options.ts';
import { usageError } from './usage-error.ts';

const tryHelp = 'Try vdibackup --help.';
/** Commander finds --norecovery, the opposite. */
const recoveryHint = 'A restore ends WITH RECOVERY unless told otherwise: leave --recovery out.';

/** Commander's complaint in one line of ours; a word that may hold a secret is cut. */
export function inOurWords({ code, message }: CommanderError, argv: readonly string[]): Error {
  const [first = '', suggestion] = message
    .replace(/^error: /, '')
    .replace(/\.(?=\n|$)/, '')
    .split('\n');
  const hint = suggestion ? suggestion.replace(/^\(|\)$/g, '') : tryHelp;
  switch (code) {
    case 'commander.unknownOption':
      if (first.includes("'--instance'") && argv[0] === 'verify') return withoutVerifyonly();
      if (first.includes("'--recovery'")) return usageError('unknown-option', first, recoveryHint);
      return usageError('unknown-option', withoutValue(first), hint);
    case 'commander.missingArgument':
    case 'commander.optionMissingArgument':
      if (isOldServerSwitch(argv)) return withoutVerifyonly();
      return code === 'commander.missingArgument'
        ? missingArgument(first, argv)
        : usageError('command-line', first, hint);
    default:
      return usageError('command-line', first, hint);
  }
}

function isOldServerSwitch([verb, ...words]: readonly string[]): boolean {
  return verb === 'verify' && words.includes('--server') && !words.includes('--verifyonly');
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
