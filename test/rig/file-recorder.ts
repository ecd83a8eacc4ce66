// Loaded into vdibackup with `node --import`: writes down every change of files below $VDI_RECORD_ROOT, in order, with
// the bytes, so that a test can play a power cut at any point (crash-replay.ts). Not a sandbox: descriptors that were
// opened another way than by fs/promises are not seen; the replay of everything is compared with the folder.

import { appendFileSync, constants } from 'node:fs';
import promises, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';

export type Recorded =
  | { readonly op: 'create'; readonly file: number; readonly path: string }
  | { readonly op: 'write'; readonly file: number; readonly at: number; readonly bytes: string }
  /** A file's, or with a path a folder's; `begun` is written before, so that what came in between is not covered. */
  | {
      readonly op: 'sync';
      readonly file: number;
      readonly begun: boolean;
      readonly folder?: string;
    }
  | { readonly op: 'rename' | 'link'; readonly from: string; readonly to: string }
  | { readonly op: 'unlink'; readonly from: string };

const { VDI_RECORD_ROOT: root, VDI_RECORD_FILE: log } = process.env;

function record(entry: Recorded): void {
  appendFileSync(log ?? '', `${JSON.stringify(entry)}\n`);
}

let files = 0;

function watch(handle: FileHandle, path: string, flags: unknown): void {
  files += 1;
  const file = files;
  const created = typeof flags === 'number' && (flags & constants.O_CREAT) !== 0;
  if (created) record({ op: 'create', file, path });
  const { write, sync, datasync } = handle;
  const recorded = async (
    ...[buffer, offset, length, at]: [Uint8Array, number, number, number]
  ) => {
    const done: { bytesWritten: number } = await Reflect.apply(write, handle, [
      buffer,
      offset,
      length,
      at,
    ]);
    const bytes = Buffer.from(buffer.subarray(offset, offset + done.bytesWritten));
    record({ op: 'write', file, at, bytes: bytes.toString('base64') });
    return done;
  };
  const synced = (step: () => Promise<void>) => async () => {
    const folder = created ? {} : { folder: path };
    record({ op: 'sync', file, begun: true, ...folder });
    await Reflect.apply(step, handle, []);
    record({ op: 'sync', file, begun: false, ...folder });
  };
  Object.assign(handle, { write: recorded, sync: synced(sync), datasync: synced(datasync) });
}

function install(folder: string): void {
  const { open, rename, link, unlink } = promises;
  const inside = (path: unknown) => resolve(String(path)).startsWith(folder);
  Object.assign(promises, {
    open: async (...args: Parameters<typeof open>) => {
      const handle = await open(...args);
      if (inside(args[0])) watch(handle, resolve(String(args[0])), args[1]);
      return handle;
    },
    rename: async (from: string, to: string) => {
      await rename(from, to);
      if (inside(from)) record({ op: 'rename', from: resolve(from), to: resolve(to) });
    },
    link: async (from: string, to: string) => {
      await link(from, to);
      if (inside(from)) record({ op: 'link', from: resolve(from), to: resolve(to) });
    },
    unlink: async (from: string) => {
      await unlink(from);
      if (inside(from)) record({ op: 'unlink', from: resolve(from) });
    },
  });
  syncBuiltinESMExports();
}

if (root !== undefined && log !== undefined && isMainThread) install(root);
