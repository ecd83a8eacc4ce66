// The files of the command line as backup sets, each whole, its stripes in order. Whatever is missing, unfinished or
// mixed is said here, before SQL Server is asked anything.

import { basename } from 'node:path';
import {
  finishedArchive,
  openBackup,
  openSource,
  type StoredBackup,
} from '../../archive/reader/archive-reader.js';
import type { Emit } from '../../base/events.js';
import { Failure } from '../../errors.js';
import type { MtfSet } from '../../mtf/facts.js';
import { type ListedFile, readFileList } from '../../sql/facts/file-list.js';
import { openStdin, StdinSource } from '../../storage/stdin-source.js';
import type { RestoreRequest } from '../request/restore-request.js';
import { type BackupDescription, describeBackup } from './backup-description.js';
import type { ChainLink } from './restore-chain.js';
import { checkPosition, positionIn } from './set-position.js';
import { checkStripeSets } from './stripe-set.js';

/** The path that means standard input. */
export const stdinPath = '-';
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
  readonly sets: readonly MtfSet[];
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
  return { backup: whole, description: await describeBackup(whole, position, most) };
}

function warnUnconfirmed(backup: StoredBackup, emit: Emit): void {
  if (backup.form !== 'archive' || !backup.ends) return;
  if (backup.ends.trailer.finished !== undefined) return;
  emit({
    event: 'warning',
    code: 'unconfirmed',
    message: `${backup.source.name} is whole, but whether SQL Server called the backup a success was not recorded`,
  });
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
  throw new Failure('usage', problem.code, problem.message, {
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
    files: first && first.files.length > 0 ? readFileList(first.files) : [],
    blockSize: first?.blockSize,
    transferSize: first?.transferSize,
    sets: first?.sets ?? [],
    rawBytes:
      known.length === sizes.length ? known.reduce((sum, size) => sum + size, 0) : undefined,
  };
}
