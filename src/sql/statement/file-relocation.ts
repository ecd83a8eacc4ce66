// Where the files of a restored database go: into the folders of this instance, under names that nothing else has,
// whatever system the backup comes from. Pure.

import { Failure } from '../../base/errors.ts';
import type { FailureCode } from '../../base/failure-codes.ts';
import type { ListedFile } from '../facts/file-list.ts';
import { asFolder, fileName, isAbsolutePath, pathKey, safeFileName } from '../server-path.ts';
import type { FileMove } from './restore-statement.ts';

export interface RelocationWishes {
  /** The name the database will have. */
  readonly database: string;
  /** `--move`: by logical name, verbatim. */
  readonly moves: readonly FileMove[];
  /** `--data-dir`, `--log-dir`: instead of the instance's default folders. */
  readonly dataFolder?: string | undefined;
  readonly logFolder?: string | undefined;
}

/** A file of a database of the instance. */
export interface PlacedFile {
  readonly database: string;
  readonly logicalName: string;
  readonly path: string;
}

export interface InstancePlaces {
  readonly dataFolder: string | undefined;
  readonly logFolder: string | undefined;
  /** Every file the instance knows. */
  readonly placed: readonly PlacedFile[];
}

/**
 * A MOVE for every file of the backup. Files that `--move` names go there. A database that is replaced keeps its
 * files where they are, if no folder was asked for. All others go to the wanted or default folder. Throws `Failure('usage')` for wishes that
 * cannot be, `Failure('environment')` when the instance has no default folder.
 */
export function relocate(
  files: readonly ListedFile[],
  wishes: RelocationWishes,
  places: InstancePlaces,
): readonly FileMove[] {
  const wanted = wantedPaths(files, wishes.moves);
  const own = ownFiles(wishes.database, places.placed);
  const taken = new Set(
    places.placed
      .filter(({ path }) => !own.paths.has(pathKey(path)))
      .map(({ path }) => pathKey(path)),
  );
  for (const path of wanted.values()) claim(path, taken);
  // Files that stay come first, so that a new one never takes their place.
  const staying = new Map<ListedFile, string>();
  for (const file of files) {
    const path = folderWish(file.kind, wishes)
      ? undefined
      : named(own.files, file.logicalName)?.path;
    if (path === undefined || wanted.has(file) || taken.has(pathKey(path))) continue;
    taken.add(pathKey(path));
    staying.set(file, path);
  }
  return files.map((file) => {
    const path = wanted.get(file) ?? staying.get(file) ?? freshPath(file, wishes, places, taken);
    return { logicalName: file.logicalName, path };
  });
}

/** Logical names tell case apart only in a database that does: then two of them may differ by nothing else. */
function named<T extends { readonly logicalName: string }>(
  files: readonly T[],
  logicalName: string,
): T | undefined {
  return (
    files.find((file) => file.logicalName === logicalName) ??
    files.find((file) => file.logicalName.toLowerCase() === logicalName.toLowerCase())
  );
}

function wantedPaths(
  files: readonly ListedFile[],
  moves: readonly FileMove[],
): ReadonlyMap<ListedFile, string> {
  const wanted = new Map<ListedFile, string>();
  for (const { logicalName, path } of moves) {
    const file = named(files, logicalName);
    if (!file) throw unknownFile(logicalName, files);
    if (wanted.has(file))
      throw usage('move-twice', `--move names the file ${logicalName} twice`, []);
    if (!isAbsolutePath(path))
      throw usage('move-not-absolute', `--move ${logicalName}=${path} is not an absolute path`, [
        'SQL Server opens the file: give the whole path as it sees it.',
      ]);
    wanted.set(file, path);
  }
  return wanted;
}

function unknownFile(logicalName: string, files: readonly ListedFile[]): Failure {
  const names = files.map((file) => file.logicalName).join(', ');
  return usage(
    'move-unknown-file',
    `the backup holds no file with the logical name ${logicalName}`,
    [`It holds: ${names}.`],
  );
}

function claim(path: string, taken: Set<string>): void {
  if (taken.has(pathKey(path)))
    throw usage('move-taken', `${path} is the file of another database, or named by two --move`, [
      'Give every file a path of its own.',
    ]);
  taken.add(pathKey(path));
}

function ownFiles(database: string, placed: readonly PlacedFile[]) {
  const files = placed.filter((file) => file.database.toLowerCase() === database.toLowerCase());
  return { files, paths: new Set(files.map(({ path }) => pathKey(path))) };
}

function folderWish(kind: ListedFile['kind'], wishes: RelocationWishes): string | undefined {
  return kind === 'log' ? wishes.logFolder : wishes.dataFolder;
}

function freshPath(
  file: ListedFile,
  wishes: RelocationWishes,
  places: InstancePlaces,
  taken: Set<string>,
): string {
  const folder =
    folderWish(file.kind, wishes) ?? (file.kind === 'log' ? places.logFolder : places.dataFolder);
  if (folder === undefined) throw noDefaultFolder(file);
  const name = freshName(file, wishes.database);
  for (let number = 1; ; number += 1) {
    const path = asFolder(folder) + numbered(name, number);
    if (taken.has(pathKey(path))) continue;
    taken.add(pathKey(path));
    return path;
  }
}

/** Its old name, with the database's in front where it does not begin with that already. */
function freshName({ physicalName, logicalName }: ListedFile, database: string): string {
  const old = fileName(physicalName) || logicalName;
  const isNamed = old.toLowerCase().startsWith(database.toLowerCase());
  return safeFileName(isNamed ? old : `${database}_${old}`);
}

/** `sales.mdf`, `sales_2.mdf` … */
function numbered(name: string, number: number): string {
  if (number === 1) return name;
  const dot = name.lastIndexOf('.');
  const at = dot > 0 ? dot : name.length;
  return `${name.slice(0, at)}_${number}${name.slice(at)}`;
}

function noDefaultFolder({ kind }: ListedFile): Failure {
  const what = kind === 'log' ? 'log' : 'data';
  return new Failure(
    'no-default-folder',
    `the instance does not say where its ${what} files belong`,
    { hints: [`Say it: --${what}-dir FOLDER.`] },
  );
}

function usage(code: FailureCode<'usage'>, message: string, hints: readonly string[]): Failure {
  return new Failure(code, message, { hints });
}
