// The table from SQL Server's message numbers to kind, stable code and next steps. Numbers and their meanings:
// sys.messages, vdi-contract §9.4 and §10; kinds: product.md §6. A number that is not here is still reported in the
// server's own words, as 'sql-statement'.

import type { FailureKind } from '../errors.js';
import { type Explanation, errorLogHint, explainDevice } from './message/device-message.js';
import { explainSize } from './message/size-message.js';
import type { SqlMessage } from './sql-session.js';

type Row = readonly [numbers: readonly number[], kind: FailureKind, code: string, hints: string[]];

const state = 'database-state';
const statement = 'sql-statement';

const memoryHint =
  'Ask for less: --buffer-count and --transfer-size set the memory, their product is what SQL Server must allocate.';

const rows: readonly Row[] = [
  // The database
  [[911], state, 'database-missing', ['List the databases: SELECT name FROM sys.databases.']],
  [[942], state, 'database-offline', ['Bring it online: ALTER DATABASE … SET ONLINE.']],
  [[927], state, 'database-restoring', ['Finish the restore: RESTORE DATABASE … WITH RECOVERY.']],
  [
    [921, 922],
    state,
    'database-recovering',
    ['Wait until the database is recovered, then try again.'],
  ],
  [[926, 945, 946], state, 'database-damaged', [errorLogHint]],
  [
    [924, 923],
    state,
    'database-in-use',
    ['Close the other session, or: ALTER DATABASE … SET MULTI_USER.'],
  ],
  [
    [952],
    state,
    'database-in-transition',
    ['Wait until the change of state is done, then try again.'],
  ],
  [[954], state, 'database-mirror', ['Back up the principal of the mirroring session.']],
  [
    [976, 978, 979, 982, 983, 3059, 3062],
    state,
    'secondary-replica',
    [
      'A secondary replica takes --type copy and --type log only, and only while it is synchronized.',
      'Back up on the primary replica, or where sys.fn_hadr_backup_is_preferred_replica says 1.',
    ],
  ],
  [[3002], state, 'database-snapshot', ['Back up the database that the snapshot was taken from.']],
  [
    [3007],
    state,
    'file-offline',
    ['Bring the offline filegroup back, or restore it, then try again.'],
  ],
  [
    [3023],
    state,
    'backup-in-progress',
    [
      "Wait for the other operation: SELECT session_id, command, percent_complete FROM sys.dm_exec_requests WHERE command LIKE N'BACKUP%'.",
      'Was a BACKUP from a killed run left behind? Its session ends by itself once its device is gone.',
    ],
  ],
  [[3024], state, 'master-full-only', ['Say --type copy or --type full for master.']],
  [[3033], state, 'database-emergency', ['Repair the database first: DBCC CHECKDB.']],
  [[3034, 3147], state, 'tempdb', ['tempdb is created anew at every start and needs no backup.']],
  [
    [3035],
    state,
    'no-differential-base',
    ['Take a full backup first: --type full (copy-only backups are no base).'],
  ],
  [
    [3036],
    state,
    'database-standby',
    ['Back up the primary, or end the standby: RESTORE DATABASE … WITH RECOVERY.'],
  ],
  [
    [4208],
    state,
    'recovery-model-simple',
    ['Say --type full or diff, or: ALTER DATABASE … SET RECOVERY FULL, then a full backup.'],
  ],
  [[4212], state, 'master-log', ['Say --type copy or --type full for master.']],
  [[4214], state, 'no-log-base', ['Take a full backup first: --type full starts the log chain.']],
  [
    [3101, 3102],
    state,
    'database-in-use',
    [
      'Close the sessions that use the database: ALTER DATABASE … SET SINGLE_USER WITH ROLLBACK IMMEDIATE.',
    ],
  ],
  [
    [3108],
    state,
    'master-restore',
    ['Start the instance in single-user mode (-m) to restore master.'],
  ],
  [
    [3104],
    state,
    'database-replicated',
    ['Take the database out of its availability group or mirroring session first.'],
  ],
  [
    [3154, 3159],
    state,
    'database-would-be-replaced',
    ['Restore under another name, or say that the existing database may be replaced: --replace.'],
  ],
  [
    [3117, 4305, 4306, 4319, 4326, 4330, 3136],
    state,
    'wrong-place-in-chain',
    ['Restore the full backup WITH NORECOVERY first, then differentials and logs in order.'],
  ],
  // Rights and the machine
  [
    [3265],
    'environment',
    'not-sysadmin',
    [
      'A backup or restore through a virtual device needs a sysadmin: ALTER SERVER ROLE sysadmin ADD MEMBER [login].',
    ],
  ],
  [
    [262, 916, 229, 297, 300, 3110, 15247],
    'environment',
    'no-permission',
    [
      'Run it with a login of the server role sysadmin: ALTER SERVER ROLE sysadmin ADD MEMBER [login].',
    ],
  ],
  [
    [40510],
    'environment',
    'no-vdi',
    ['Azure SQL Database has no virtual devices; use its own backup or a .bacpac.'],
  ],
  // The statement
  [
    [102, 105, 155, 156, 319, 3032, 3251, 3281],
    statement,
    'bad-option',
    ['Is --with right? --dry-run prints the whole statement.'],
  ],
  [
    [1844],
    statement,
    'compression-unsupported',
    ['Say --compress zstd: it needs nothing from the edition.'],
  ],
  [[3012], statement, 'vdi-out-of-buffers', [memoryHint]],
  [[3021], statement, 'in-transaction', ['Is there a login trigger that opens a transaction?']],
  [
    [3044, 3057],
    statement,
    'bad-device-name',
    ['This is a mistake in vdibackup; please report it with the output of --dry-run.'],
  ],
  [
    [3095, 3096, 3098],
    statement,
    'encryption-refused',
    [
      'Check the certificate or key that ENCRYPTION names: has it expired, does it exist in master?',
    ],
  ],
  [
    [3199],
    statement,
    'transfer-size',
    ['Repeat it with the size that the message names: --transfer-size.'],
  ],
  [
    [3217, 3250],
    statement,
    'transfer-size',
    ['--transfer-size takes multiples of 64KiB up to 4MiB.'],
  ],
  [[3253], statement, 'block-size', ['--block-size takes 512 to 65536, powers of two.']],
  [
    [3261, 701, 802, 3268],
    statement,
    'vdi-configuration',
    [memoryHint, 'On Linux: is /dev/shm large enough? df -h /dev/shm tells.'],
  ],
  [
    [3284, 3285],
    statement,
    'block-size',
    ['Repeat it with the block size that the message names: --block-size.'],
  ],
  [
    [596, 6107],
    statement,
    'session-killed',
    ["Somebody ended the session with KILL; SQL Server's error log names the login."],
  ],
  [[6005, 6006], 'connection', 'server-shutting-down', ['Repeat it once the instance runs again.']],
  [[3041, 3204], statement, 'aborted', [errorLogHint]],
  [
    [3205, 3207, 3276, 3277],
    statement,
    'device-count',
    ['SQL Server takes 1 to 64 devices: --stripes.'],
  ],
  [
    [3227, 3231, 3258],
    statement,
    'wrong-stripes',
    ['Give every file of the backup, each once: vdibackup info FILE tells which belong together.'],
  ],
  // Damage
  [
    [823, 824, 825, 3043],
    statement,
    'corrupt-page',
    [
      'Run DBCC CHECKDB on the database: the page was damaged before this backup.',
      'To save what can be saved: --with CONTINUE_AFTER_ERROR.',
    ],
  ],
  [
    [3187],
    statement,
    'no-checksums-in-backup',
    ['Leave CHECKSUM out for this backup: it was written without.'],
  ],
  [
    [3183, 3189, 3203, 3208, 3239, 3241, 3242, 3243, 3254, 3256, 3266],
    'integrity',
    'damaged-backup',
    ['Check the file by itself: vdibackup verify FILE.'],
  ],
  [
    [3169, 3255],
    statement,
    'newer-version',
    ['A backup cannot be restored on an older version than it was taken on.'],
  ],
  [
    [1834, 3119, 3156, 3634, 5110, 5133],
    statement,
    'file-location',
    [
      'Put the files elsewhere: --data-dir and --log-dir, or --move LOGICAL=PATH with the logical names that vdibackup info lists.',
    ],
  ],
  [
    [3257],
    statement,
    'no-space-for-restore',
    [
      'Make room on the volume that the message names, or put files elsewhere: --data-dir, --log-dir, --move.',
    ],
  ],
  [[3271, 18204], statement, 'device-error', [errorLogHint]],
];

const table = new Map<number, Explanation>(
  rows.flatMap(([numbers, kind, code, hints]) =>
    numbers.map((number): [number, Explanation] => [number, { kind, code, hints }]),
  ),
);

/** Kind, code and next steps of an error of SQL Server. */
export function explanationOf(message: SqlMessage): Explanation {
  return (
    explainDevice(message) ??
    explainSize(message) ??
    table.get(message.number) ?? {
      kind: statement,
      code: 'statement-failed',
      hints: [errorLogHint],
    }
  );
}
