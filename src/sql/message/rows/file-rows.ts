// Messages about the files of the database that is restored: where they go, whether there is room, whether they open. Those
// that carry an operating system error are told more closely in file-message.ts; these rows are for the others.

import { onAny, onBackup, onDrill, onReading, onRestore, type Row } from '../explanation.ts';

const elsewhere =
  'Put the files elsewhere: --data-dir and --log-dir, or --move LOGICAL=PATH with the logical names that vdibackup info lists.';
const room =
  'Make room on the volume that the message names, or put files elsewhere: --data-dir, --log-dir, --move.';
const rightsOfServer =
  "May the account of SQL Server create files there? On Linux: chown mssql FOLDER, on Windows: the service's account. Or --data-dir and --log-dir.";

// biome-ignore format: a table, each row a line or two
export const fileRows: readonly Row[] = [
  [[1834, 3156, 5110, 5132, 5134, 5135, 5136, 5184], onReading, 'file-location', elsewhere],
  [[3142, 5170, 5183], onRestore, 'target-file-exists',
    'A file of that name is there: say --replace if it may be overwritten, or put the files elsewhere: --data-dir, --log-dir, --move.'],
  [[3142, 5170, 5183], onDrill, 'target-file-exists', 'A file of that name is there: put the files elsewhere with --data-dir and --log-dir.'],
  [[3176], onReading, 'file-location',
    'Two files of the backup want one name: give each its own with --move LOGICAL=PATH.'],
  [[1828], onReading, 'file-location', 'The backup holds two files of one logical name: leave MOVE out of --with and try again.'],
  [[1837], onReading, 'file-location', 'Use a shorter path: --data-dir, --log-dir or --move.'],
  [[1833], onReading, 'file-location', 'Take a log backup of the database that had this file, or put it elsewhere: --move.'],
  [[3119], onReading, 'file-location',
    `The messages before it name the files and why. ${elsewhere}`],
  [[5105, 5120, 5121, 5123, 5133, 3634], onReading, 'file-location', rightsOfServer, elsewhere],
  [[3633, 5159, 17204, 17207], onReading, 'file-location', rightsOfServer, elsewhere],
  [[3633, 3634, 5159, 17204, 17207], onBackup, 'file-not-readable',
    'The message names the file of the database and the system\'s error: is its volume there, and may SQL Server read it?'],
  [[1802, 1813, 1832, 3122, 3283], onReading, 'file-location',
    `The message before it names the file and why. ${elsewhere}`],
  [[3283], onBackup, 'file-not-readable', 'The message before it names the file: is its volume there, and has it room?'],
  [[3191], onReading, 'file-not-writable',
    'A file of the database is read-only: clear the attribute, or give SQL Server\'s account the right to write.'],
  [[5149], onReading, 'no-space-for-restore', room],
  [[1101, 1105, 3140, 3257], onReading, 'no-space-for-restore', room],
  [[5125], onReading, 'file-cut',
    'The file system cut a file while it was restored: is the volume full or at its quota? Put the files elsewhere: --data-dir.'],
  [[5118], onReading, 'file-compressed',
    'Turn NTFS compression off for the target folder (compact /U), or put the files elsewhere: --data-dir.'],
  [[5150, 5169, 5103], onReading, 'file-size',
    'The sizes that the backup has for its files do not fit: set them right in the original database (ALTER DATABASE … MODIFY FILE), and back it up anew.'],
  [[3269, 5177, 5178, 5179], onReading, 'sector-size',
    'The volume has larger sectors than the files were made for: put them on one with the same or smaller sectors, --data-dir and --log-dir.'],
  [[3045], onAny, 'file-system',
    'FILESTREAM and full-text files need NTFS: put them on such a volume.'],
  [[3047], onAny, 'backup-directory',
    'Set the default backup folder of the instance right (Server Properties, Database Settings; on Linux: mssql-conf set filelocation.defaultbackupdir).'],
  [[5102, 5161, 5171, 5172, 5173, 5180], onRestore, 'files-do-not-match',
    'The files on disk do not belong together: restore from the full backup into an empty folder, --data-dir and --log-dir.'],
  [[5102, 5161, 5171, 5172, 5173, 5180], onDrill, 'files-do-not-match',
    'Put the files into an empty folder: --data-dir and --log-dir.'],
  [[5161, 5180], onBackup, 'files-do-not-match',
    'A file of the database is not the one that is expected: compare sys.master_files with the disk, then DBCC CHECKDB.'],
];
