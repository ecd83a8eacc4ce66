// Messages about the order of a restore: which backup comes next, to which point, and along which recovery path.

import { onDrill, onReading, onRestore, type Row } from '../explanation.ts';

/** Codes that a restore goes on after. */
export const logAlreadyApplied = 'already-applied';
export const beyondStopAt = 'stop-at-passed';

// biome-ignore format: a table, each row a line or two
export const chainRows: readonly Row[] = [
  [[4305, 4349], onReading, 'log-missing',
    'A log backup in between is missing: name it as well, or restore it first.'],
  [[4312], onReading, 'log-chain-broken',
    'The log chain has a gap: name a full or differential backup taken after it, and the logs from there on.'],
  [[4326, 3120], onReading, logAlreadyApplied,
    'The database is past this backup already: name the later ones.'],
  [[3121, 4330], onReading, 'other-recovery-path',
    'The database was restored along another recovery fork: name backups of one fork only (vdibackup info shows RecoveryForkID).'],
  [[4335, 4338], onReading, beyondStopAt,
    'The database is past that point already: start again from the full backup.'],
  [[4343], onRestore, 'restored-beyond-stop-at',
    'Take it as it is: RESTORE DATABASE … WITH RECOVERY. For the point itself start again from the full backup.'],
  [[4343], onDrill, 'restored-beyond-stop-at', 'Name a later --stop-at, or the backups that end before it.'],
  [[3136, 3178], onReading, 'wrong-differential-base',
    'Name the full backup that this differential belongs to: vdibackup info shows both (DifferentialBaseGUID).'],
  [[3117, 4306], onReading, 'wrong-place-in-chain',
    'Restore the full backup WITH NORECOVERY first, then differentials and logs in order.'],
  [[4319, 4320], onReading, 'restore-interrupted',
    'An earlier restore did not finish: start again from the full backup.'],
  [[4303, 4318, 4333], onReading, 'log-needed', 'Name the log backups that follow as well: they bring all files to one point.'],
  [[4331], onReading, 'files-of-different-times',
    'Name every log backup since the oldest file backup, or start again from a full backup.'],
  [[4328], onReading, 'file-missing-in-log',
    'Name the log backups that follow: the file that the message names was dropped later on; or begin with a newer full backup.'],
  [[4332, 4347], onRestore, 'restore-halted', 'Complete it: RESTORE DATABASE … WITH RECOVERY; or start again from the full backup.'],
  [[4332, 4347], onDrill, 'restore-halted', 'Drill it again: the next one starts anew.'],
  [[4323], onReading, 'continue-after-error-needed',
    'An earlier step went on after damage: say --with CONTINUE_AFTER_ERROR for the rest, or start again from another full backup.'],
  [[3118], onReading, 'no-full-backup',
    'Name the full backup as well: only that makes a database; differentials and logs continue one.'],
  [[3135], onReading, 'other-kind-of-backup',
    'Is it a full backup, a differential or a log? vdibackup info tells; a file or snapshot backup cannot be restored by this program.'],
  [[3103], onReading, 'bad-option', 'PARTIAL belongs to the first backup of a restore, a full one: leave it out of --with for the others.'],
  [[3115, 3125], onReading, 'recovery-model-simple',
    'Under the recovery model SIMPLE the data must be restored whole: leave PARTIAL out of --with.'],
  [[3127, 3129], onReading, 'files-left-out', 'Start again from the full backup, without PARTIAL in --with.'],
  [[3145], onReading, 'stop-at-not-possible',
    'Leave --stop-at out: a database of the recovery model SIMPLE has no logs to stop in.'],
  [[4340], onReading, 'stop-at-not-possible', 'Name a log backup that holds the point: only a log can be stopped in.'],
  [[4342], onReading, 'stop-at-not-possible', 'Leave --stop-at or PARTIAL out: the point needs the primary filegroup.'],
  [[4327, 4341], onReading, 'stop-at-not-possible',
    'Bulk-logged changes are in this log: it is restored whole or not at all. Name a --stop-at outside of it, or none.'],
  [[4334], onReading, 'no-such-mark', 'Is the mark spelled right? They are listed in msdb.dbo.logmarkhistory on the server it comes from.'],
  [[4352], onReading, 'wrong-place-in-chain', 'Continue with log backups, not with the log inside of a data backup.'],
  [[3161, 3163], onReading, 'data-files-first', 'Start again from the full backup: data files come before the log.'],
  [[3185], onReading, 'database-damaged',
    'The database became suspect: start again from the full backup, or from an earlier one.'],
];
