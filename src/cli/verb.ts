// What a command of the program is. Each is whole in its file of commands/: its words, its options, what it does.

import type { Command } from 'commander';
import type { Speech } from './commands/speech.ts';
import { helpFormat } from './help-text.ts';
import type { Surroundings } from './surroundings.ts';

/** What a command works with. */
export interface Running {
  readonly around: Surroundings;
  readonly speech: Speech;
  /** The names of all commands. */
  readonly verbs: readonly string[];
}

export interface Verb {
  /** Adds the command to the program; its action works with `running`. */
  readonly declare: (program: Command, running: Running) => Command;
  /** Its command line was refused: nothing may be taken for the result of this run. `argv` is that line. */
  readonly refused?: (command: Command, argv: readonly string[]) => Promise<void>;
}

/** `more`: what `vdibackup --help` says besides. */
export function verbCommand(program: Command, name: string, more = 'Exit codes'): Command {
  return program
    .command(name)
    .configureHelp(helpFormat)
    .helpOption('-h, --help', 'say this')
    .addHelpText('after', `\n${more}: vdibackup --help`);
}
