// Plays a power cut at every point of a recorded run (file-recorder.ts): names as far as the folder's fsync and perhaps
// further, in their order; bytes as far as the file's fsync, and of the rest nothing, zeros, or everything.

import type { Recorded } from './file-recorder.ts';

/** What a power cut does to bytes that no fsync covers. */
export type Unsynced = 'gone' | 'zeros' | 'there';
export type Folder = ReadonlyMap<string, Buffer>;

interface Change {
  readonly at: number;
  readonly bytes: Buffer;
  /** Place in the recording, and of the fsync that covers it. */
  readonly done: number;
  durable: number;
}

interface Names {
  readonly done: number;
  readonly files: ReadonlyMap<string, number>;
}

/** Files that were there before the run: negative numbers. */
const before = (index: number) => -1 - index;

export class CrashReplay {
  readonly #old: readonly Buffer[];
  readonly #changes = new Map<number, Change[]>();
  readonly #names: Names[] = [];
  /** Places of folder syncs that are done, and what they cover. */
  readonly #folderSyncs: { readonly done: number; readonly covers: number }[] = [];
  readonly length: number;

  constructor(recorded: readonly Recorded[], old: ReadonlyMap<string, Buffer>) {
    this.#old = [...old.values()];
    let files: ReadonlyMap<string, number> = new Map(
      [...old.keys()].map((path, index) => [path, before(index)]),
    );
    this.#names.push({ done: -1, files });
    this.length = recorded.length;
    const begun = new Map<number, number>();
    for (const [done, entry] of recorded.entries()) {
      if (entry.op === 'write') this.#write(entry.file, entry.at, entry.bytes, done);
      else if (entry.op === 'sync') this.#sync(entry, begun, done);
      else {
        files = renamed(files, entry);
        this.#names.push({ done, files });
      }
    }
  }

  /** Every state a power cut after `cut` entries can leave. */
  *states(cut: number): Generator<Folder> {
    const covered = Math.max(
      -1,
      ...this.#folderSyncs.filter(({ done }) => done < cut).map(({ covers }) => covers),
    );
    const fewest = this.#names.findLastIndex(({ done }) => done <= covered);
    for (const names of this.#names.slice(Math.max(fewest, 0)).filter(({ done }) => done < cut))
      for (const unsynced of ['gone', 'zeros', 'there'] as const)
        yield this.#state(names, cut, unsynced);
  }

  /** Everything happened. */
  get whole(): Folder {
    const last = this.#names.at(-1);
    return last ? this.#state(last, this.length, 'there') : new Map();
  }

  #state({ files }: Names, cut: number, unsynced: Unsynced): Folder {
    return new Map([...files].map(([path, file]) => [path, this.#content(file, cut, unsynced)]));
  }

  #content(file: number, cut: number, unsynced: Unsynced): Buffer {
    const old = this.#old[-1 - file];
    if (old) return old;
    const changes = (this.#changes.get(file) ?? []).filter(({ done }) => done < cut);
    const kept = unsynced === 'gone' ? changes.filter(({ durable }) => durable < cut) : changes;
    const content = Buffer.alloc(Math.max(0, ...kept.map(({ at, bytes }) => at + bytes.length)));
    for (const { at, bytes, durable } of kept) {
      if (unsynced === 'zeros' && durable >= cut) content.fill(0, at, at + bytes.length);
      else bytes.copy(content, at);
    }
    return content;
  }

  #write(file: number, at: number, bytes: string, done: number): void {
    const change = { at, bytes: Buffer.from(bytes, 'base64'), done, durable: Infinity };
    this.#changes.set(file, [...(this.#changes.get(file) ?? []), change]);
  }

  #sync(
    { file, begun, folder }: Extract<Recorded, { op: 'sync' }>,
    starts: Map<number, number>,
    done: number,
  ): void {
    if (begun) {
      starts.set(file, done);
      return;
    }
    const start = starts.get(file) ?? done;
    if (folder !== undefined) this.#folderSyncs.push({ done, covers: start });
    for (const change of this.#changes.get(file) ?? [])
      if (change.done < start) change.durable = Math.min(change.durable, done);
  }
}

function renamed(
  files: ReadonlyMap<string, number>,
  entry: Extract<Recorded, { op: 'create' | 'rename' | 'link' | 'unlink' }>,
): ReadonlyMap<string, number> {
  const next = new Map(files);
  if (entry.op === 'create') return next.set(entry.path, entry.file);
  const file = next.get(entry.from);
  if (file === undefined) throw new Error(`${entry.from} is not in the recording`);
  if (entry.op !== 'link') next.delete(entry.from);
  if (entry.op !== 'unlink') next.set(entry.to, file);
  return next;
}
