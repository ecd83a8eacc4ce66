// The options that commands share, and the long lists of `backup`, by the groups of `--help`. Those of a connection are in
// connection-flags.ts.

import { type Command, Option } from 'commander';

export function placementOptions(command: Command): void {
  command
    .option('--move <logical=path>', 'put this file of the database there; repeatable', collect)
    .option('--data-dir <folder>', "data files go here (default: the instance's folder)")
    .option('--log-dir <folder>', "log files go here (default: the instance's folder)");
}

export function readingOptions(command: Command): void {
  command
    .option(
      '--stop-at <time>',
      'roll the logs forward to this time: local, or with an offset (+02:00)',
    )
    .option('--fork <guid>', 'of backups on several recovery forks, restore those of this one')
    .option('--checksum', 'restore WITH CHECKSUM: refuse a backup that has none')
    .option('--with <options>', 'further WITH options, verbatim')
    .optionsGroup('Speed:')
    .option('--threads <n>', 'decompression threads (default: all cores)')
    .option('--transfer-size <size>', 'MAXTRANSFERSIZE (default: as in the backup)')
    .option('--block-size <size>', 'BLOCKSIZE (default: as in the backup)')
    .option('--stall-timeout <duration>', 'abort when no byte moved for so long', 'off');
}

export function collect(word: string, before: readonly string[] = []): readonly string[] {
  return [...before, word];
}

export function backupOptions(command: Command): void {
  command
    .optionsGroup('Backup:')
    .option('--type <type>', 'copy (full, COPY_ONLY), full, diff or log', 'copy')
    .option('--compress <how>', 'zstd[:LEVEL] (-7 to 19), server or none', 'zstd:3')
    .option('--stripes <n>', 'write n files (1 to 64), with {stripe} in the name')
    .option('--overwrite', 'replace an older backup of the database, after success')
    .option('--no-checksum', 'back up without WITH CHECKSUM')
    .addOption(new Option('--checksum', 'back up WITH CHECKSUM').default(true).hideHelp())
    .option('--sha256', 'also write FILE.sha256')
    .option('--name <text>', 'name of the backup set (up to 128 characters)')
    .option('--description <text>', 'description of the backup set (up to 255)')
    .option('--with <options>', 'further WITH options, verbatim')
    .option('--utc', '{timestamp} in UTC instead of local time')
    .option('-n, --dry-run', 'show the T-SQL and the plan, touch nothing');
}

export function tuningOptions(command: Command): void {
  command
    .optionsGroup('Speed:')
    .option('--threads <n>', 'compression threads (default: all cores)')
    .option('--transfer-size <size>', '64KiB to 4MiB in steps of 64KiB', '4MiB')
    .option('--block-size <size>', 'power of two from 512 to 64KiB (default: of the server)')
    .option('--buffer-count <n>', 'buffers of all stripes together (default: of the server)')
    .option('--rate <size/s>', 'no faster than this, e.g. 100MiB/s')
    .option('--stall-timeout <duration>', 'abort when no byte moved for so long; or off', '15m');
}

export function speechOptions(command: Command): void {
  command
    .optionsGroup('Output:')
    .option('--progress <how>', 'auto, bar (terminal only), plain or none', 'auto')
    .option('--json', 'JSON Lines on stderr')
    .option('--log-file <file>', 'append a JSON log to this file')
    .option('--log-level <level>', 'error, warn, info or debug', 'info')
    .option('--ignore-hangup', 'go on when the terminal is closed (nohup has no effect)')
    .optionsGroup('Program:')
    .option('--allow-writable-program', 'as root: run code that others can change')
    .optionsGroup('Other:');
}
