// Messages about what SQL Server or the machine is short of: memory, locks, threads, and the virtual devices that need them.

import { onAny, onBackup, onReading, type Row } from '../explanation.ts';

const memory =
  'Ask for less: --buffer-count and --transfer-size set the memory, their product is what SQL Server must allocate.';
const sharedMemory = 'On Linux: is /dev/shm large enough? df -h /dev/shm tells.';
const load =
  'Try again when less runs on the server: SELECT command, wait_type FROM sys.dm_exec_requests.';
const device =
  'The device is this program: the first error above says why it ended; without one, repeat it with --log-level debug --log-file FILE.';

// biome-ignore format: a table, each row a line or two
export const resourceRows: readonly Row[] = [
  [[3012], onBackup, 'vdi-out-of-buffers', memory],
  [[701, 802, 3261], onAny, 'device-memory', memory, sharedMemory],
  [[3050], onBackup, 'out-of-memory', 'Give SQL Server more memory, and its temporary folder more room.'],
  [[3224, 3267, 17300], onAny, 'out-of-threads',
    "SQL Server is short of threads or memory: close sessions, or raise 'max worker threads' (sp_configure). Fewer --stripes need fewer."],
  [[8645, 8651], onAny, 'out-of-memory', load, "Raise 'max server memory' (sp_configure) if the machine has more."],
  [[8621, 8628, 8630], onAny, 'server-overloaded', load],
  [[1204], onAny, 'out-of-locks', "Leave 'locks' of sp_configure at 0, and give SQL Server more memory; then try again."],
  [[1205], onAny, 'deadlock', 'Run it again: another session was in the way.'],
  [[1222], onAny, 'lock-timeout', 'Run it again when the other session is done: SELECT blocking_session_id FROM sys.dm_exec_requests.'],
  [[1807], onReading, 'model-in-use', 'Close sessions that use the database model, then try again.'],
  [[1810], onReading, 'model-read-only', 'Make it writable: ALTER DATABASE model SET READ_WRITE.'],
  [[1803], onReading, 'model-too-large', 'Make the files of the database model smaller: DBCC SHRINKFILE in model.'],
  [[3229, 3230, 3260], onAny, 'device-error', device],
  [[3202, 3271, 18204, 18210], onAny, 'device-error', device],
  [[3201], onAny, 'device-not-opened', device],
  [[3221], onBackup, 'file-not-readable', 'A file of the database was read short: is its volume healthy? Then DBCC CHECKDB.'],
  [[3222], onAny, 'no-space-for-write', 'A write came short: make room on the volume that the message names.'],
  [[18273], onBackup, 'bitmap-not-cleared', 'Take a full backup: until then differentials are larger than needed.'],
  [[3270], onAny, 'server-fault', 'SQL Server met a fault of its own: bring it to the newest update, and give the error log to its support.'],
  [[3635, 3636], onAny, 'metadata-busy', 'Run it again; if it comes again, DBCC CHECKDB on the database that the message names.'],
  [[6005, 6006], onAny, 'server-shutting-down', 'Repeat it once the instance runs again.'],
];
