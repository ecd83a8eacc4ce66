// The commander tree, and how a command line is carried out. Not here: the commands (commands/, listed in verbs.ts), what
// their words mean (options/).

import { Command, CommanderError, Option } from 'commander';
import { toolVersion } from '../base/tool-version.ts';
import { routeArgv } from './argv.ts';
import { inOurWords } from './commander-complaint.ts';
import type { Speech } from './commands/speech.ts';
import {
  description,
  environment,
  examples,
  exitCodeTable,
  helpFormat,
  usage,
} from './help-text.ts';
import type { Surroundings } from './surroundings.ts';
import { usageError } from './usage-error.ts';
import type { Running } from './verb.ts';
import { verbs } from './verbs.ts';

interface ProgramInput {
  readonly around: Surroundings;
  readonly speech: Speech;
  /** Writes what `--help` and `--version` print; rejects when it cannot. */
  readonly writeOut: (text: string) => Promise<void>;
  /** Told the secrets on the command line, and its words without them, before anything can be said about it. */
  readonly learn: (secrets: readonly string[], shown: readonly string[]) => void;
}

/** Commander throws these when it has said what it was asked for. */
const spoken = /^commander\.(help|helpDisplayed|version)$/;

/** Carries out the command line; throws `Failure('usage')` for one that nobody understands. */
export async function runProgram({ around, speech, writeOut, learn }: ProgramInput): Promise<void> {
  const shown: string[] = [];
  const program = programTree({ around, speech }, (text) => shown.push(text));
  const routed = routeArgv(around.argv, {
    options: program.commands.flatMap((command) => command.options),
    optionsOf: (verb) => program.commands.find((one) => one.name() === verb)?.options ?? [],
    verbs: [...namesOf(program), 'help'],
    reserved: reservedVerbs,
    shortForm: shortFormVerb,
  });
  learn(routed.secrets, routed.shown);
  refuseUnknownHelp(routed.argv, program);
  try {
    await program.parseAsync(routed.argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (!spoken.test(error.code)) {
      await afterRefusal(program, routed.argv);
      throw inOurWords(error, routed.argv);
    }
    await writeOut(shown.join(''));
  }
}

/** Commander answers it with nothing, and success. */
function refuseUnknownHelp([verb, about]: readonly string[], program: Command): void {
  const known = ['help', ...namesOf(program)];
  if (verb !== 'help' || about === undefined || about.startsWith('-') || known.includes(about))
    return;
  const commands = known.slice(1).join(', ');
  throw usageError('command-line', `there is no command '${about}'`, `The commands: ${commands}.`);
}

async function afterRefusal(program: Command, argv: readonly string[]): Promise<void> {
  for (const [index, { refused }] of verbs.entries()) {
    const command = program.commands[index];
    if (command) await refused?.(command, argv);
  }
}

function namesOf(program: Command): string[] {
  return program.commands.map((command) => command.name());
}

/** What a command line without a verb is. */
const shortFormVerb = 'backup';

/** Verbs that other versions have: taken for database names they would do something nobody asked for. */
const reservedVerbs = ['bench', 'completion'];

function programTree(parts: Omit<Running, 'verbs'>, writeOut: (text: string) => unknown): Command {
  const program = new Command('vdibackup');
  program
    .usage(usage.replace(/^vdibackup /, ''))
    .description(description)
    .exitOverride()
    .configureOutput({ writeOut, writeErr: () => undefined })
    .configureHelp({ ...helpFormat, visibleOptions: () => shownOptions(program) })
    .enablePositionalOptions()
    .version(toolVersion, '--version', 'say the version')
    .helpOption('-h, --help', 'say this')
    .helpCommand('help [command]', 'say this, or more about one command');
  const running = {
    ...parts,
    get verbs() {
      return namesOf(program);
    },
  };
  for (const { declare } of verbs) declare(program, running);
  for (const text of [examples, exitCodeTable, environment]) program.addHelpText('after', text);
  return program;
}

/** The short form's options are the program's too; its own come last. */
function shownOptions(program: Command): Option[] {
  const shortForm = program.commands.find((command) => command.name() === shortFormVerb);
  const own = [...program.options, new Option('-h, --help', 'say this')];
  for (const option of own) option.helpGroup('Other:');
  return [...(shortForm?.options ?? []), ...own].filter((option) => !option.hidden);
}
