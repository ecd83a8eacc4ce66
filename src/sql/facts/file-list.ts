// The rows of RESTORE FILELISTONLY, typed. Columns come and go with the versions: only what is needed is read.

import { Failure } from '../../base/errors.ts';
import type { SqlRow } from '../sql-session.ts';

/** One file of the database in a backup. */
export interface ListedFile {
  readonly logicalName: string;
  /** Where it lay when the backup was taken, as that system writes paths. */
  readonly physicalName: string;
  /** `data` and `log` are files; `container` (FILESTREAM, memory-optimised, full-text) is a folder. */
  readonly kind: 'data' | 'log' | 'container';
  /** Bytes it will take on disk. */
  readonly size: number;
  /** 1 is the primary data file; undefined where the server did not say. */
  readonly fileId?: number | undefined;
}

/** Throws `Failure('sql-statement')` when the rows are not those of RESTORE FILELISTONLY. */
export function readFileList(rows: readonly SqlRow[]): readonly ListedFile[] {
  const files = rows.filter(isPresent).map(listedFile);
  if (files.length > 0) return files;
  throw new Failure(
    'no-file-list',
    'SQL Server named no file of the backup (RESTORE FILELISTONLY)',
    { hints: ['Check the file by itself: vdibackup verify FILE.'] },
  );
}

/** False for a file that a partial backup knows of and does not hold. */
function isPresent(row: SqlRow): boolean {
  return row.IsPresent !== false && row.IsPresent !== 0;
}

function listedFile(row: SqlRow): ListedFile {
  const { LogicalName, PhysicalName, Type, Size, FileId } = row;
  if (typeof LogicalName !== 'string' || typeof PhysicalName !== 'string')
    throw new Failure(
      'no-file-list',
      'SQL Server answered RESTORE FILELISTONLY with rows that name no files',
    );
  return {
    logicalName: LogicalName,
    physicalName: PhysicalName,
    kind: kindOf(Type),
    size: wholeNumber(Size) ?? 0,
    fileId: wholeNumber(FileId),
  };
}

function kindOf(type: unknown): ListedFile['kind'] {
  const letter = typeof type === 'string' ? type.trim().toUpperCase() : '';
  if (letter === 'D') return 'data';
  return letter === 'L' ? 'log' : 'container';
}

/** numeric(20,0) and bigint reach us as numbers or as text, as the driver finds them fit. */
function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' || typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
