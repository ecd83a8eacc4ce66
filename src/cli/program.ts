// The commander tree: which commands and options exist. Not here: what their words mean (`*-options.ts`).

import { Command, CommanderError, Option } from 'commander';
import { toolVersion } from '../base/tool-version.js';
import { routeArgv } from './argv.js';
import { inOurWords } from './commander-complaint.js';
import type { DoctorFlags } from './commands/doctor-command.js';
import type { DrillFlags } from './commands/drill-command.js';
import { description, environment, examples, exitCodeTable, usage } from './help-text.js';
import type { BackupFlags } from './options/backup-options.js';
import type { ConnectionFlags } from './options/connection-options.js';
import type { RestoreFlags } from './options/restore-options.js';
import type { ServerVerifyFlags, VerifyWords } from './options/verify-options.js';

export interface SpeechFlags {
  readonly json?: true;
  readonly logFile?: string;
  readonly logLevel: string;
  readonly progress: string;
}

export type BackupCommandFlags = BackupFlags & ConnectionFlags & SpeechFlags;

export type RestoreCommandFlags = RestoreFlags & ConnectionFlags & SpeechFlags;

export type DrillCommandFlags = DrillFlags & ConnectionFlags & SpeechFlags;

export type DoctorCommandFlags = DoctorFlags & ConnectionFlags & SpeechFlags;

export interface ExtractFlags extends SpeechFlags {
  readonly salvage?: true;
  readonly overwrite?: true;
  readonly threads?: string;
}

export type VerifyFlags = VerifyWords & ServerVerifyFlags & SpeechFlags;

/** What the commands do. */
export interface Actions {
  backup(database: string, files: readonly string[], flags: BackupCommandFlags): Promise<void>;
  restore(database: string, files: readonly string[], flags: RestoreCommandFlags): Promise<void>;
  drill(files: readonly string[], flags: DrillCommandFlags): Promise<void>;
  extract(file: string, out: string | undefined, flags: ExtractFlags): Promise<void>;
  verify(files: readonly string[], flags: VerifyFlags): Promise<void>;
  info(files: readonly string[], flags: SpeechFlags): Promise<void>;
  doctor(database: string | undefined, flags: DoctorCommandFlags): Promise<void>;
}

export interface ProgramInput {
  readonly argv: readonly string[];
  readonly writeOut: (text: string) => void;
  /** Told about secrets on the command line before anything can be said about it. */
  readonly learnSecret: (secret: string) => void;
  readonly actions: Actions;
}

/** Columns of `--help`, the same everywhere. */
const helpFormat = { helpWidth: 80, minWidthToWrap: 30 };

/** Commander throws these when it has said what it was asked for. */
const spoken = /^commander\.(help|helpDisplayed|version)$/;

/** Carries out the command line; throws `Failure('usage')` for one that nobody understands. */
export async function runProgram({ argv, writeOut, learnSecret, actions }: ProgramInput) {
  const program = programTree(actions, writeOut);
  const routed = routeArgv(argv, {
    options: program.commands.flatMap((command) => command.options),
    optionsOf: (verb) => program.commands.find((one) => one.name() === verb)?.options ?? [],
    verbs: [...program.commands.map((command) => command.name()), 'help'],
    reserved: reservedVerbs,
    shortForm: 'backup',
  });
  for (const secret of routed.secrets) learnSecret(secret);
  try {
    await program.parseAsync(routed.argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (!spoken.test(error.code)) throw inOurWords(error, routed.argv);
  }
}

/** Verbs that other versions have: taken for database names they would do something nobody asked for. */
const reservedVerbs = ['restore', 'drill', 'bench', 'completion'];

function programTree(actions: Actions, writeOut: (text: string) => void): Command {
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

function backupCommand(program: Command, actions: Actions): Command {
  const command = program
    .command('backup')
    .summary('back up a database; the word may be left out')
    .description('Backs up a database; several files are one stripe each, - is stdout.')
    .argument('<database>', 'its name')
    .argument('<file...>', 'where to; may hold tokens such as {database}')
    .configureHelp(helpFormat)
    .helpOption('-h, --help', 'say this')
    .addHelpText('after', '\nExamples, exit codes and environment: vdibackup --help')
    .action((database: string, files: string[], flags: BackupCommandFlags) =>
      actions.backup(database, files, flags),
    );
  connectionOptions(command);
  backupOptions(command);
  tuningOptions(command);
  speechOptions(command);
  return command;
}

function restoreCommand(program: Command, actions: Actions): void {
  const command = fileCommand(program, 'restore')
    .summary('restore a database from stored backups')
    .description(
      'Restores a database from archives of vdibackup, native backups (.bak) or .zst files of one.\n' +
        'All stripes of a backup; a full backup, differentials and logs in any order; - is stdin.',
    )
    .argument('<database>', 'the name it shall have')
    .argument('<file...>', 'stored backups')
    .action((database: string, files: string[], flags: RestoreCommandFlags) =>
      actions.restore(database, files, flags),
    );
  connectionOptions(command);
  command
    .optionsGroup('Restore:')
    .option('--replace', 'replace an existing database')
    .option('--norecovery', 'leave it open for more backups')
    .option('--standby <file>', 'leave it readable and open; the undo file, on the server')
    .option('-n, --dry-run', 'show the T-SQL and the plan, touch nothing');
  placementOptions(command);
  readingOptions(command);
  speechOptions(command);
}

function drillCommand(program: Command, actions: Actions): void {
  const command = fileCommand(program, 'drill')
    .summary('prove that backups restore: restore, check, ask, drop')
    .description(
      'Restores backups under a throw-away name, runs DBCC CHECKDB and your assertions, and drops the\n' +
        'database, whatever happens. Evidence as JSON on stdout. Exit 10: restored, but wrong.',
    )
    .argument('<file...>', 'stored backups, as restore takes them')
    .action((files: string[], flags: DrillCommandFlags) => actions.drill(files, flags));
  connectionOptions(command);
  command
    .optionsGroup('Drill:')
    .option('--assert <query>', 'its first value must be as the next --expect says', collect)
    .option('--expect <what>', "e.g. '> 1000', '= 42', 'between 1 and 9', 'not null'", collect)
    .option('--assert-file <file>', "queries separated by GO, each under '-- expect: ...'")
    .option('--junit <file>', 'also write the evidence as JUnit XML');
  placementOptions(command);
  readingOptions(command);
  speechOptions(command);
}

function placementOptions(command: Command): void {
  command
    .option('--move <logical=path>', 'put this file of the database there; repeatable', collect)
    .option('--data-dir <folder>', "data files go here (default: the instance's folder)")
    .option('--log-dir <folder>', "log files go here (default: the instance's folder)");
}

function readingOptions(command: Command): void {
  command
    .option('--stop-at <time>', 'roll the logs forward to this local time of the server')
    .option('--checksum', 'restore WITH CHECKSUM: refuse a backup that has none')
    .option('--with <options>', 'further WITH options, verbatim')
    .optionsGroup('Speed:')
    .option('--threads <n>', 'decompression threads (default: all cores)')
    .option('--transfer-size <size>', 'MAXTRANSFERSIZE (default: as in the backup)')
    .option('--block-size <size>', 'BLOCKSIZE (default: as in the backup)')
    .option('--stall-timeout <duration>', 'abort when no byte moved for so long', 'off');
}

function collect(word: string, before: readonly string[] = []): readonly string[] {
  return [...before, word];
}

function verifyCommand(program: Command, actions: Actions): void {
  const command = fileCommand(program, 'verify')
    .summary('check stored backups, offline')
    .description(
      'Checks stored backups from the first byte to the last, without SQL Server:\n' +
        'archives of vdibackup, native backups (.bak), and .zst files of one.\n' +
        'Exit 9 on any damage. With --json the report is on stdout. No restore test.\n' +
        'With --server, SQL Server then reads it, too (RESTORE VERIFYONLY).',
    )
    .argument('<file...>', 'what to check; the stripes of a set belong together')
    .option('--threads <n>', 'decompression threads (default: all cores)')
    .option('--server', 'RESTORE VERIFYONLY as well; takes the connection options')
    .option('--transfer-size <size>', 'with --server: MAXTRANSFERSIZE (default: of the server)')
    .option('--block-size <size>', 'with --server: BLOCKSIZE (default: as in the backup)')
    .option('--stall-timeout <duration>', 'with --server: abort when no byte moved for so long')
    .action((files: string[], flags: VerifyFlags) => actions.verify(files, flags));
  connectionOptions(command, '--instance');
  speechOptions(command);
}

function infoCommand(program: Command, actions: Actions): void {
  const command = fileCommand(program, 'info')
    .summary('say what stored backups hold, offline and at once')
    .description(
      'Says what stored backups hold, as RESTORE HEADERONLY and FILELISTONLY would,\n' +
        'without SQL Server, on stdout. What the file does not tell is absent.',
    )
    .argument('<file...>', 'stored backups')
    .action((files: string[], flags: SpeechFlags) => actions.info(files, flags));
  speechOptions(command);
}

function extractCommand(program: Command, actions: Actions): void {
  const command = fileCommand(program, 'extract')
    .summary('get the native backup (.bak) out of a stored one')
    .description('Gets the native backup out, which RESTORE ... FROM DISK takes.')
    .argument('<file>', 'a stored backup')
    .argument('[out]', 'where to; - or nothing is stdout')
    .option('--salvage', 'of a damaged or unfinished file: keep the good beginning')
    .option('--overwrite', 'replace an existing file, after success')
    .option('--threads <n>', 'decompression threads (default: all cores)')
    .action((file: string, out: string | undefined, flags: ExtractFlags) =>
      actions.extract(file, out, flags),
    );
  speechOptions(command);
}

function doctorCommand(program: Command, actions: Actions): void {
  const command = fileCommand(program, 'doctor')
    .summary('check everything a backup needs on this machine')
    .description(
      'Checks everything a backup needs on this machine, changes nothing, and prints\n' +
        'what fixes each finding. Exit 0, or 5 with any problem. --json: one object on\n' +
        'stdout.',
    )
    .argument('[database]', 'also this one: its state, and room for its backups')
    .action((database: string | undefined, flags: DoctorCommandFlags) =>
      actions.doctor(database, flags),
    );
  connectionOptions(command);
  command
    .optionsGroup('Doctor:')
    .option('--dest <folder>', 'where backups shall go (with a database: here)');
  speechOptions(command);
}

function fileCommand(program: Command, name: string): Command {
  return program
    .command(name)
    .configureHelp(helpFormat)
    .helpOption('-h, --help', 'say this')
    .addHelpText('after', '\nExit codes: vdibackup --help');
}

function connectionOptions(command: Command, server = '--server'): void {
  command
    .optionsGroup('Connection (the letters of sqlcmd):')
    .option(`-S, ${server} <name>`, '[tcp:]host[\\instance][,port] (default: this machine)')
    .option('-E, --integrated', 'Windows login')
    .option('-U, --user <name>', 'SQL Server login')
    .option('-P, --password <password>', 'its password; better: SQLCMDPASSWORD or --password-file')
    .option('--password-file <file>', 'the first line of this file is the password')
    .option('-C, --trust-server-certificate', 'trust the server certificate unchecked')
    .option('-N, --encrypt [s|m|o]', 'encryption: strict, mandatory (default) or optional')
    .option('-F, --host-name-in-certificate <name>', 'expect this name in the certificate')
    .option('-l, --login-timeout <seconds>', '0 = no limit (default: 8)')
    .option('-H, --workstation <name>', 'workstation name that SQL Server shows')
    .option('-K, --application-intent <intent>', 'ReadOnly or ReadWrite')
    .option('--assume-local', 'do not check that the server runs on this machine')
    .option('--vdi-library <file>', 'another libsqlvdi.so (Linux)');
}

function backupOptions(command: Command): void {
  command
    .optionsGroup('Backup:')
    .option('--type <type>', 'copy (full, COPY_ONLY), full, diff or log', 'copy')
    .option('--compress <how>', 'zstd[:LEVEL] (-7 to 19), server or none', 'zstd:3')
    .option('--stripes <n>', 'write n files (1 to 64), with {stripe} in the name')
    .option('--overwrite', 'replace an existing file, after success')
    .option('--no-checksum', 'back up without WITH CHECKSUM')
    .addOption(new Option('--checksum', 'back up WITH CHECKSUM').default(true).hideHelp())
    .option('--sha256', 'also write FILE.sha256')
    .option('--name <text>', 'name of the backup set (up to 128 characters)')
    .option('--description <text>', 'description of the backup set (up to 255)')
    .option('--with <options>', 'further WITH options, verbatim')
    .option('--utc', '{timestamp} in UTC instead of local time')
    .option('-n, --dry-run', 'show the T-SQL and the plan, touch nothing');
}

function tuningOptions(command: Command): void {
  command
    .optionsGroup('Speed:')
    .option('--threads <n>', 'compression threads (default: all cores)')
    .option('--transfer-size <size>', '64KiB to 4MiB in steps of 64KiB', '4MiB')
    .option('--block-size <size>', 'power of two from 512 to 64KiB (default: of the server)')
    .option('--buffer-count <n>', 'buffers of all stripes together (default: of the server)')
    .option('--rate <size/s>', 'no faster than this, e.g. 100MiB/s')
    .option('--stall-timeout <duration>', 'abort when no byte moved for so long; or off', '15m');
}

function speechOptions(command: Command): void {
  command
    .optionsGroup('Output:')
    .option('--progress <how>', 'auto, bar (terminal only), plain or none', 'auto')
    .option('--json', 'JSON Lines on stderr')
    .option('--log-file <file>', 'append a JSON log to this file')
    .option('--log-level <level>', 'error, warn, info or debug', 'info')
    .optionsGroup('Other:');
}
