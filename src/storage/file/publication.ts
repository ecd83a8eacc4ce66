// The moment in which finished files get their final names: all of them or none. What was there before keeps its
// bytes until every name has changed and the folders are durable, and gets its name back when that fails.

import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asError, Failure, internalError } from '../../base/errors.ts';
import { ioFailure, systemErrorName } from '../io-failure.ts';
import { FolderSync } from './folder-sync.ts';
import { NameChange } from './name-change.ts';
import { type PartialFile, partialSuffix } from './partial-file.ts';

export interface PublicationWarning {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

interface Publication {
  readonly warnings: readonly PublicationWarning[];
  /** Of the side files that could not be published; nothing bears their names. */
  readonly sideFailures: readonly Failure[];
}

interface PublicationOptions {
  readonly overwrite: boolean;
  /** Files about the others (`FILE.sha256`): one that cannot be made does not hold the others up, an old one that stays does. */
  readonly sides?: readonly PartialFile[];
  /** Whether files that get no name are kept, which is the default; else `discard` removes them. */
  readonly keep?: boolean;
  /** Rejects when nobody waits any longer for a file system that does not answer. */
  readonly late?: Promise<never>;
}

/** How long a file system that did not answer in time gets for each of the steps that end it all, ms. */
const afterLateMs = 1000;

/**
 * Gives closed files their final names and makes those durable. Without `overwrite` no file is ever replaced. Failure
 * `io`, or of the kind that `late` rejects with: then no name has changed, or the message says which ones have; finished
 * files stay, `discard` will not touch them, and the message says where.
 */
export async function publish(
  files: readonly PartialFile[],
  { overwrite, sides = [], keep = true, late = new Promise(() => undefined) }: PublicationOptions,
): Promise<Publication> {
  for (const file of files)
    if (file.failure) throw internalError('a file that has not failed', file.failure.message);
  for (const file of [...files, ...sides]) file.startPublishing();
  const publishing = new Publishing(
    files.map((file) => new NameChange(file, overwrite)),
    sides.map((file) => new NameChange(file, overwrite)),
  );
  const changed = publishing.change();
  try {
    // A call that comes back in the last moment may have been the last one.
    await Promise.race([changed, late]).catch((thrown) => {
      publishing.stop(thrown);
      return unlessLate(changed, () => Promise.reject(thrown), late);
    });
  } catch (thrown) {
    await unlessLate(publishing.takeBack(), () => undefined, late);
    const failure = await publishing.failure(thrown, keep, late);
    await publishing.end(keep ? 'kept' : 'closed', late);
    throw failure;
  }
  const warnings = await unlessLate(publishing.tidy(), () => publishing.untidied(), late);
  await publishing.end('published', late);
  return { warnings, sideFailures: publishing.sideFailures };
}

/** `step`; once it is late, `otherwise` after a last moment. */
async function unlessLate<T>(
  step: Promise<T>,
  otherwise: () => T | Promise<never>,
  late: Promise<never>,
): Promise<T> {
  const moment = late.catch(() => sleep(afterLateMs, undefined, { ref: false }));
  return Promise.race([step, moment.then(otherwise)]);
}

class Publishing {
  readonly sideFailures: Failure[] = [];
  readonly #changes: readonly NameChange[];
  readonly #sides: readonly NameChange[];
  /** Sides that have their names. */
  #good: readonly NameChange[] = [];
  #folders: FolderSync | undefined;
  /** The name that is being changed. */
  #failed: NameChange | undefined;
  #stopped: Error | undefined;

  constructor(changes: readonly NameChange[], sides: readonly NameChange[]) {
    this.#changes = changes;
    this.#sides = sides;
  }

  async change(): Promise<void> {
    this.#folders = await FolderSync.open(this.#changes.map(({ file }) => dirname(file.path)));
    await this.#each(({ file }) => file.expectWhole(file.partialPath));
    // One that stayed would be a wrong checksum beside a new backup.
    await this.#each((side) => side.moveAside(), this.#sides);
    await this.#each((change) => change.setAside(this.#changes.length > 1));
    await this.#each((change) => change.give());
    this.#good = await this.#eachSide((side) => side.give());
    await this.#folders.sync();
  }

  /** A step that comes back late is the last one. */
  stop(cause: Error): void {
    this.#stopped ??= cause;
  }

  async takeBack(): Promise<void> {
    for (const change of [...this.#changes, ...this.#sides].reverse()) await change.takeBack();
    // As durable as it gets: the failure is known already.
    await this.#folders?.sync().catch(asError);
  }

  async tidy(): Promise<PublicationWarning[]> {
    const left: string[] = [];
    for (const change of [...this.#changes, ...this.#sides]) left.push(...(await change.tidy()));
    return [...left.map(leftBehind), ...[...(this.#folders?.refusing ?? [])].map(namesNotSynced)];
  }

  /** As `tidy`, of a file system that does not answer. */
  untidied(): PublicationWarning[] {
    const left = [...this.#changes, ...this.#sides].flatMap((change) => change.leftovers);
    return left.map((path) => ({
      code: 'left-behind',
      message: `${path} may be left over: it is a second name, and the file system does not answer`,
    }));
  }

  async end(state: 'published' | 'kept' | 'closed', late: Promise<never>): Promise<void> {
    await unlessLate(this.#folders?.close() ?? Promise.resolve(), () => undefined, late);
    for (const { file } of this.#changes) await file.endPublishing(state);
    for (const side of this.#sides) {
      const published = state === 'published' && this.#good.includes(side);
      await side.file.endPublishing(published ? 'published' : 'closed');
    }
  }

  /** What happened, and where everything is now. */
  async failure(thrown: unknown, keep: boolean, late: Promise<never>): Promise<Failure> {
    const files = keep ? this.#changes.map(({ file }) => file) : [];
    const { message, hints } = await unlessLate(
      whereabouts(files),
      () => unknownPlace(files),
      late,
    );
    const displaced = await unlessLate(this.#displaced(), () => [], late);
    const failure = cause(thrown, this.#failed);
    return failure.with({
      message: [failure.message, ...(keep ? [message] : []), ...displaced].join('; '),
      hints: [...hints, ...failure.hints],
      cause: asError(thrown),
    });
  }

  async #displaced(): Promise<string[]> {
    const displaced: string[] = [];
    for (const change of [...this.#changes, ...this.#sides]) {
      const aside = await change.displaced();
      if (aside === undefined) continue;
      displaced.push(`the file that was ${basename(change.file.path)} before is ${aside}`);
    }
    return displaced;
  }

  async #each(
    step: (change: NameChange) => Promise<void>,
    changes: readonly NameChange[] = this.#changes,
  ): Promise<void> {
    for (const change of changes) {
      this.#failed = change;
      await step(change);
      if (this.#stopped) throw this.#stopped;
    }
    this.#failed = undefined;
  }

  async #eachSide(step: (side: NameChange) => Promise<void>): Promise<NameChange[]> {
    const good: NameChange[] = [];
    for (const side of this.#sides) {
      if (this.#stopped) throw this.#stopped;
      try {
        await step(side);
        good.push(side);
      } catch (thrown) {
        await side.giveUp();
        this.sideFailures.push(cause(thrown, side));
      }
    }
    return good;
  }
}

/** Of a file system that does not say. */
export function unknownPlace(files: readonly PartialFile[]): {
  readonly message: string;
  readonly hints: readonly string[];
} {
  const places = files.map(({ partialPath, path }) => `${partialPath} or ${basename(path)}`);
  return {
    message: `the finished backup is ${places.join(', ')}: the file system does not answer`,
    hints: ['Look where it is before the next run, which would replace it.'],
  };
}

/** Where finished files are now, in words that only name what is there. While they are open. */
export async function whereabouts(
  files: readonly PartialFile[],
): Promise<{ readonly message: string; readonly hints: readonly string[] }> {
  const kept: string[] = [];
  const named: string[] = [];
  const lost: string[] = [];
  for (const file of files) {
    const place = await file.place();
    if (place === undefined) lost.push(basename(file.path));
    else (place === file.path ? named : kept).push(place);
  }
  const waiting = files.filter(({ partialPath }) => kept.includes(partialPath));
  const replaced = waiting.some(({ partialPath }) => partialPath.endsWith(partialSuffix));
  return {
    message: [
      ...(kept.length > 0 ? [`the finished backup is kept as ${kept.join(', ')}`] : []),
      ...(named.length > 0 ? [`${named.join(', ')} could not be taken back`] : []),
      ...(lost.length > 0
        ? [`the bytes of ${lost.join(', ')} are lost, no name leads to them`]
        : []),
    ].join('; '),
    hints: [
      ...(replaced
        ? [
            'Rename it yourself, or with vdibackup finish, before the next run, which would replace it.',
          ]
        : waiting.length > 0
          ? ['Mend that, and run vdibackup finish again.']
          : []),
      ...(lost.length > 0
        ? [
            'Run it again now. After a log backup, take a full or differential one first: the chain of logs is broken.',
          ]
        : []),
    ],
  };
}

function cause(thrown: unknown, change: NameChange | undefined): Failure {
  if (thrown instanceof Failure) return thrown;
  const [partial, name] = [
    basename(change?.file.partialPath ?? ''),
    basename(change?.file.path ?? ''),
  ];
  if (systemErrorName(thrown) === 'EEXIST') {
    const message = `cannot rename ${partial}: ${name} appeared meanwhile`;
    return new Failure('file-exists', message, { cause: thrown });
  }
  return ioFailure('rename', `${partial} to ${name}`, thrown);
}

function leftBehind(path: string): PublicationWarning {
  return {
    code: 'left-behind',
    message: `${path} could not be removed: it is a left-over second name`,
    hint: 'Remove it, or let the next run of the same name do so.',
  };
}

function namesNotSynced(folder: string): PublicationWarning {
  return {
    code: 'folder-sync',
    message: `the file system does not sync the folder ${folder}: how soon a new name survives a power cut is up to it`,
  };
}
