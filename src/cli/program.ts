// The commander tree, and how a command line is carried out. Not here: the commands (commands.ts), what their words mean
// (`*-options.ts`).

import { Command, CommanderError, Option } from 'commander';
import { toolVersion } from '../base/tool-version.ts';
import type { Actions } from './actions.ts';
import { routeArgv } from './argv.ts';
import { inOurWords } from './commander-complaint.ts';
import {
  backupCommand,
  doctorCommand,
  drillCommand,
  extractCommand,
  finishCommand,
  infoCommand,
  restoreCommand,
  verifyCommand,
} from './commands.ts';
import {
  description,
  environment,
  examples,
  exitCodeTable,
  helpFormat,
  usage,
} from './help-text.ts';
import { usageError } from './usage-error.ts';

interface ProgramInput {
  readonly argv: readonly string[];
  /** Writes what `--help` and `--version` print; rejects when it cannot. */
  readonly writeOut: (text: string) => Promise<void>;
  /** Told the secrets on the command line, and its words without them, before anything can be said about it. */
  readonly learn: (secrets: readonly string[], shown: readonly string[]) => void;
  readonly actions: Actions;
}

/** Commander throws these when it has said what it was asked for. */
const spoken = /^commander\.(help|helpDisplayed|version)$/;

/** Carries out the command line; throws `Failure('usage')` for one that nobody understands. */
export async function runProgram({ argv, writeOut, learn, actions }: ProgramInput) {
  const shown: string[] = [];
  const program = programTree(actions, (text) => shown.push(text));
  const routed = routeArgv(argv, {
    options: program.commands.flatMap((command) => command.options),
    optionsOf: (verb) => program.commands.find((one) => one.name() === verb)?.options ?? [],
    verbs: [...program.commands.map((command) => command.name()), 'help'],
    reserved: reservedVerbs,
    shortForm: 'backup',
  });
  learn(routed.secrets, routed.shown);
  refuseUnknownHelp(routed.argv, program);
  try {
    await program.parseAsync(routed.argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (!spoken.test(error.code)) {
      await withdrawEvidence(program, routed.argv, actions);
      throw inOurWords(error, routed.argv);
    }
    await writeOut(shown.join(''));
  }
}

/** Commander answers it with nothing, and success. */
function refuseUnknownHelp([verb, about]: readonly string[], program: Command): void {
  const known = ['help', ...program.commands.map((command) => command.name())];
  if (verb !== 'help' || about === undefined || about.startsWith('-') || known.includes(about))
    return;
  const commands = known.slice(1).join(', ');
  throw usageError('command-line', `there is no command '${about}'`, `The commands: ${commands}.`);
}

async function withdrawEvidence(program: Command, argv: readonly string[], actions: Actions) {
  const { junit } = program.commands.find((one) => one.name() === 'drill')?.opts() ?? {};
  if (!junit) return;
  const others = argv.filter((word) => word !== junit && !word.startsWith('--junit'));
  await actions.withdraw(junit, others);
}

/** Verbs that other versions have: taken for database names they would do something nobody asked for. */
const reservedVerbs = ['bench', 'completion'];

function programTree(actions: Actions, writeOut: (text: string) => unknown): Command {
  const program = new Command('vdibackup');
  program
    .usage(usage.replace(/^vdibackup /, ''))
    .description(description)
    .exitOverride()
    .configureOutput({ writeOut, writeErr: () => undefined })
    .configureHelp({ ...helpFormat, visibleOptions: () => shownOptions(program, backup) })
    .enablePositionalOptions()
    .version(toolVersion, '--version', 'say the version')
    .helpOption('-h, --help', 'say this')
    .helpCommand('help [command]', 'say this, or more about one command');
  const backup = backupCommand(program, actions);
  restoreCommand(program, actions);
  drillCommand(program, actions);
  verifyCommand(program, actions);
  infoCommand(program, actions);
  extractCommand(program, actions);
  finishCommand(program, actions);
  doctorCommand(program, actions);
  for (const text of [examples, exitCodeTable, environment]) program.addHelpText('after', text);
  return program;
}

/** The short form's options are the program's too; its own come last. */
function shownOptions(program: Command, backup: Command): Option[] {
  const own = [...program.options, new Option('-h, --help', 'say this')];
  for (const option of own) option.helpGroup('Other:');
  return [...backup.options, ...own].filter((option) => !option.hidden);
}
