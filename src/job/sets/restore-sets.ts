// The files of the command line as backup sets, each whole, its stripes in order. Whatever is missing, unfinished or
// mixed is said here, before SQL Server is asked anything.

import { basename } from 'node:path';
import { finishedArchive, openBackup, openSource } from '../../archive/reader/archive-reader.ts';
import type { StoredBackup } from '../../archive/reader/stored-archive.ts';
import { Failure } from '../../base/errors.ts';
import type { Emit } from '../../base/events.ts';
import type { BackupSet } from '../../mtf/backup-set.ts';
import type { Row } from '../../mtf/row.ts';
import { rawBytesOfBackup } from '../../pipeline/decompress/raw-bytes.ts';
import { type ListedFile, readFileList } from '../../sql/facts/file-list.ts';
import { damaged } from '../../storage/io-failure.ts';
import { openStdin, StdinSource } from '../../storage/stdin-source.ts';
import type { RestoreRequest } from '../request/restore-request.ts';
import { type BackupDescription, describeBackup } from './backup-description.ts';
import { isNative, noBackup } from './not-a-backup.ts';
import type { ChainLink } from './restore-chain.ts';
import { checkPosition, positionIn } from './set-position.ts';
import { checkStripeSets } from './stripe-set.ts';
import { unconfirmedWarning } from './unconfirmed-warning.ts';

/** The path that means standard input. */
const stdinPath = '-';
const stdinDescriptor = 0;

/** One backup set, ready to be read. */
export interface RestoreSet extends ChainLink {
  /** In the order of the stripes. */
  readonly backups: readonly StoredBackup[];
  /** As far as they can be read without SQL Server; may be none. */
  readonly files: readonly ListedFile[];
  readonly blockSize: number | undefined;
  readonly transferSize: number | undefined;
  /** All stripes together, of the native backup; undefined when unknown. */
  readonly rawBytes: number | undefined;
  /** Backup sets in these files, one behind the other, as far as they were found; `facts` are of the one that is meant. */
  readonly sets: readonly BackupSet[];
}

type Wishes = Pick<RestoreRequest, 'files' | 'with'> & {
  /** All sets of a file are wanted, not only the one that is meant. */
  readonly everySet?: boolean;
};

interface OpenedFile {
  readonly backup: StoredBackup;
  readonly description: BackupDescription;
}

/**
 * Opens every file. Failure `io`; `integrity` for a file that is no finished backup; `usage` with the list when
 * stripes are missing, named twice or of sets that do not go together. What was opened is given to `opened` at once; a
 * pipe to `piped`, before anything is read of it.
 */
export async function openSets(
  { files, with: options, everySet = false }: Wishes,
  opened: (backup: StoredBackup) => void,
  emit: Emit,
  piped: (source: StdinSource) => void = () => undefined,
): Promise<RestoreSet[]> {
  const position = positionIn(options);
  const all: OpenedFile[] = [];
  for (const file of files) {
    const backup = await openOne(file, piped);
    opened(backup);
    // One more than is meant, so that it is known when a choice was to be made.
    const most = everySet ? Number.POSITIVE_INFINITY : (position ?? 1) + 1;
    const described = await describe(backup, position ?? 1, most);
    checkPosition(position, lookedInto(described));
    if (position === undefined) warnSeveralSets(described, emit);
    warnUnconfirmed(described.backup, emit);
    all.push(described);
  }
  checkSets(all);
  return [...groups(all).values()].map(restoreSet);
}

async function openOne(file: string, piped: (source: StdinSource) => void): Promise<StoredBackup> {
  if (file !== stdinPath) return openBackup(file);
  const source = await openStdin(stdinDescriptor);
  if (source instanceof StdinSource) piped(source);
  return openSource(source);
}

function lookedInto({ backup: { source }, description }: OpenedFile) {
  return { name: source.name, seekable: source.seekable, description };
}

async function describe(backup: StoredBackup, position: number, most: number): Promise<OpenedFile> {
  const hasEnds = backup.form === 'archive' && backup.source.seekable;
  const whole = hasEnds ? await finishedArchive(backup) : backup;
  const description = await describeBackup(whole, position, most);
  if (backup.form === 'zstd' && description.set === undefined) await refuseOther(backup);
  if (hasEnds && description.facts === undefined) await refuseDamagedBeginning(whole);
  return { backup: whole, description };
}

/** Where it belongs is unknown because of damage: not a question of the order in which backups were named. */
async function refuseDamagedBeginning(backup: StoredBackup): Promise<void> {
  const raw = rawBytesOfBackup(backup);
  if (raw.length === 0 || (await raw.read(0, 1)).length > 0) return;
  throw damaged(backup.source.name, 'its first frame cannot be decompressed');
}

/** SQL Server would find out, too, but only call the stream wrong. */
async function refuseOther(backup: StoredBackup): Promise<void> {
  const raw = rawBytesOfBackup(backup);
  if (!(await isNative(raw))) throw await noBackup(backup.source.name, raw);
}

function warnUnconfirmed(backup: StoredBackup, emit: Emit): void {
  const warning = unconfirmedWarning(backup);
  if (warning) emit(warning);
}

function warnSeveralSets({ backup, description: { sets } }: OpenedFile, emit: Emit): void {
  if (sets.length <= 1) return;
  emit({
    event: 'warning',
    code: 'several-sets',
    message: `${backup.source.name} holds more than one backup set; the first one is restored`,
    hint: "Another one: --with 'FILE = 2'.",
  });
}

function checkSets(all: readonly OpenedFile[]): void {
  const places = all.flatMap(({ description: { set, stripe, stripes } }) =>
    set === undefined ? [] : [{ set, stripe, stripes }],
  );
  const [problem] = checkStripeSets(places);
  if (!problem) return;
  throw new Failure(problem.code, problem.message, {
    hints: [
      'name every stripe of a backup, each once',
      ...all.map(
        ({ backup, description }) =>
          `${basename(backup.source.name)} is ${placeWords(description)}`,
      ),
    ],
  });
}

function placeWords({ set, stripe, stripes }: BackupDescription): string {
  return set === undefined ? 'of no known set' : `stripe ${stripe} of ${stripes} of set ${set}`;
}

/** Files that do not say where they belong are taken for the stripes of one set: SQL Server will say otherwise. */
function groups(all: readonly OpenedFile[]): Map<string | undefined, OpenedFile[]> {
  const sets = new Map<string | undefined, OpenedFile[]>();
  for (const file of all) {
    const { set } = file.description;
    sets.set(set, [...(sets.get(set) ?? []), file]);
  }
  return sets;
}

function restoreSet(files: readonly OpenedFile[]): RestoreSet {
  const ordered = files.toSorted((a, b) => a.description.stripe - b.description.stripe);
  const sizes = ordered.map(({ description }) => description.rawBytes);
  const known = sizes.filter((size) => size !== undefined);
  const first = ordered[0]?.description;
  return {
    name: ordered.map(({ backup }) => basename(backup.source.name)).join(' + '),
    backups: ordered.map(({ backup }) => backup),
    facts: first?.facts,
    files: namedFiles(first?.files ?? []),
    blockSize: first?.blockSize,
    transferSize: first?.transferSize,
    sets: first?.sets ?? [],
    rawBytes:
      known.length === sizes.length ? known.reduce((sum, size) => sum + size, 0) : undefined,
  };
}

/** None where a configuration leaves names out: SQL Server will say what the files are. */
function namedFiles(rows: readonly Row[]): readonly ListedFile[] {
  const isNamed = ({ LogicalName, PhysicalName }: Row) =>
    LogicalName !== undefined && PhysicalName !== undefined;
  return rows.length > 0 && rows.every(isNamed) ? readFileList(rows) : [];
}
