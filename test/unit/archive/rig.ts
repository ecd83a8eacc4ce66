// What the tests of this folder share: a folder that goes away, frames made by a real compressor, a sink
// in memory.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'node:test';
import { compress } from 'zstd-napi';
import type { ArchiveHeader } from '../../../src/archive/header.ts';
import { Failure } from '../../../src/base/errors.ts';
import type { Sink } from '../../../src/storage/sink.ts';

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'archive-test-'));
  folders.push(folder);
  return folder;
}

export const header: ArchiveHeader = {
  setId: '0F8FAD5B-D9CB-469F-A165-70867728950E',
  stripe: 1,
  stripes: 2,
  database: 'Sales',
  server: 'DB1\\SQL2022',
  type: 'copy',
  blockSize: 65536,
  transferSize: 4194304,
  frameSize: 65536,
  compression: { algorithm: 'zstd', level: 3 },
  toolVersion: '0.1.0',
  started: '2026-01-02T03:04:05.000Z',
};

export const facts = {
  finished: '2026-01-02T03:09:05.000Z',
  messages: [
    { number: 3014, severity: 0, text: 'BACKUP DATABASE successfully processed 1 pages.' },
  ],
};

/** `length` bytes that compress a little and depend on `seed`. */
export function sample(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => ((index * seed) >> 3) & 0xff);
}

export function frameOf(raw: Uint8Array): Uint8Array {
  return compress(raw, { checksumFlag: true, contentSizeFlag: true });
}

/** True for the Failure a test expects, in the form `assert.rejects` and `assert.throws` take. */
export function failure(kind: string, code: string, words?: RegExp): (error: unknown) => boolean {
  return (error) => {
    if (!(error instanceof Failure)) throw error;
    const seen = `${error.kind} ${error.code}: ${error.message}`;
    if (error.kind !== kind || error.code !== code) throw new Error(`unexpected failure: ${seen}`);
    if (words && !words.test(error.message)) throw new Error(`unexpected words: ${seen}`);
    return true;
  };
}

/** A file in memory that counts syncs and can be told to fail. */
export class MemorySink implements Sink {
  readonly name = 'sales.bak.partial';
  readonly rewritable: boolean;
  bytes: Uint8Array<ArrayBufferLike> = new Uint8Array(0);
  writes: { position: number; length: number }[] = [];
  syncs = 0;
  closes = 0;
  discards = 0;
  fail: Error | undefined;

  constructor(rewritable = true) {
    this.rewritable = rewritable;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    if (this.fail) throw this.fail;
    if (!this.rewritable && position !== this.bytes.length) throw new Error('not at the end');
    this.writes.push({ position, length: bytes.length });
    const grown = new Uint8Array(Math.max(this.bytes.length, position + bytes.length));
    grown.set(this.bytes);
    grown.set(bytes, position);
    this.bytes = grown;
  }

  async sync(): Promise<void> {
    if (this.fail) throw this.fail;
    this.syncs += 1;
  }

  async close(): Promise<void> {
    this.closes += 1;
  }

  async discard(): Promise<boolean> {
    this.discards += 1;
    return true;
  }
}

/** Runs `step` with the rights of an ordinary account, which root lacks the lack of. */
export async function asNobody(step: () => Promise<void>): Promise<void> {
  const root = process.getuid?.() === 0;
  if (root) process.seteuid?.(65534);
  try {
    await step();
  } finally {
    if (root) process.seteuid?.(0);
  }
}
