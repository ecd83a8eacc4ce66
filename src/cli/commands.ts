// Each command: its arguments, its options, and the action it leads to.

import type { Command } from 'commander';
import type { Actions } from './actions.ts';
import type { BackupCommandFlags } from './commands/backup-command.ts';
import {
  backupOptions,
  collect,
  placementOptions,
  readingOptions,
  speechOptions,
  tuningOptions,
} from './commands/command-options.ts';
import type { DoctorCommandFlags } from './commands/doctor-command.ts';
import type { DrillCommandFlags } from './commands/drill-command.ts';
import type { ExtractFlags } from './commands/extract-command.ts';
import type { FinishCommandFlags } from './commands/finish-command.ts';
import type { RestoreCommandFlags } from './commands/restore-command.ts';
import type { VerifyFlags } from './commands/verify-command.ts';
import { helpFormat } from './help-text.ts';
import { connectionOptions, loginOptions } from './options/connection-flags.ts';
import type { SpeechFlags } from './options/speech-flags.ts';

export function backupCommand(program: Command, actions: Actions): Command {
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

export function restoreCommand(program: Command, actions: Actions): void {
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
    .option('--tail <file>', 'back up the log of the database that is replaced first')
    .option('--no-verify', 'do not verify the backups before an online database is replaced')
    .option('--norecovery', 'leave it open for more backups')
    .option('--standby <file>', 'leave it readable and open; the undo file, on the server')
    .option('-n, --dry-run', 'show the T-SQL and the plan, touch nothing');
  placementOptions(command);
  readingOptions(command);
  speechOptions(command);
}

export function drillCommand(program: Command, actions: Actions): void {
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
    .option('--junit <file>', 'also write the evidence as JUnit XML')
    .option('--checkdb <extent>', 'DBCC CHECKDB: full, physical (PHYSICAL_ONLY) or none', 'full')
    .option('--maxdop <n>', 'threads of DBCC CHECKDB (default: as the server is configured)');
  placementOptions(command);
  readingOptions(command);
  speechOptions(command);
}

export function verifyCommand(program: Command, actions: Actions): void {
  const command = fileCommand(program, 'verify')
    .summary('check stored backups, offline')
    .description(
      'Checks stored backups from the first byte to the last, without SQL Server:\n' +
        'archives of vdibackup, native backups (.bak), and .zst files of one.\n' +
        'Exit 9 on any damage. With --json the report is on stdout. No restore test.\n' +
        'With --verifyonly, SQL Server then reads it, too, through virtual devices.',
    )
    .argument('<file...>', 'what to check; the stripes of a set belong together')
    .option('--threads <n>', 'decompression threads (default: all cores)')
    .option('--verifyonly', 'RESTORE VERIFYONLY as well; takes the connection options')
    .option('--transfer-size <size>', 'with --verifyonly: MAXTRANSFERSIZE (default: of the server)')
    .option('--block-size <size>', 'with --verifyonly: BLOCKSIZE (default: as in the backup)')
    .option('--stall-timeout <duration>', 'with --verifyonly: abort when no byte moved for so long')
    .action((files: string[], flags: VerifyFlags) => actions.verify(files, flags));
  connectionOptions(command);
  speechOptions(command);
}

export function infoCommand(program: Command, actions: Actions): void {
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

export function extractCommand(program: Command, actions: Actions): void {
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

export function finishCommand(program: Command, actions: Actions): void {
  const command = fileCommand(program, 'finish')
    .summary('name a kept, unconfirmed backup if SQL Server knows it')
    .description(
      'Gives FILE.unconfirmed-... or FILE.partial the name FILE, if the file is whole and\n' +
        'SQL Server has recorded the backup (msdb). Otherwise it is left as it is: exit 7.',
    )
    .argument('<file...>', 'all files of one backup')
    .option('--overwrite', 'replace an existing file')
    .action((files: string[], flags: FinishCommandFlags) => actions.finish(files, flags));
  loginOptions(command);
  speechOptions(command);
}

export function doctorCommand(program: Command, actions: Actions): void {
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
