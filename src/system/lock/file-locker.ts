// Locks an open file with what the system has for it: flock on Linux, a locked range on Windows. Both end with the
// process, and file servers keep them for all their clients: NFS (flock(2), since Linux 2.6.12), SMB (LockFileEx).

import { fstatSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { DataType } from '../ffi.ts';
import { system, systemOffMain } from '../process-calls.ts';
import { startOf } from '../process-start.ts';

const { BigInt: Address, I32, U32, U8Array } = DataType;

/** The answers are those of storage/file/file-lock.ts, which this room does not know. */
interface Holder {
  readonly pid: number;
  readonly started?: Date;
}

type LockAnswer =
  | { readonly kind: 'locked'; readonly release: () => Promise<void> }
  | { readonly kind: 'held'; readonly holder?: Holder }
  | { readonly kind: 'unsupported' };

interface OpenFile {
  readonly descriptor: number;
  readonly path: string;
}

/** Takes the exclusive lock at once or not at all. Never rejects. */
export async function lockFile({ descriptor, path }: OpenFile): Promise<LockAnswer> {
  if (process.platform === 'linux') return lockDescriptor(descriptor);
  return process.platform === 'win32' ? lockRange(path) : { kind: 'unsupported' };
}

// flock(2), sys/file.h
const LOCK_EX = 2;
const LOCK_NB = 4;
const EINTR = 4;
/** EAGAIN, and what NFS and SMB answer in its place (EACCES). */
const heldErrors = new Set([11, 13]);

async function lockDescriptor(descriptor: number): Promise<LockAnswer> {
  for (;;) {
    const words = [descriptor, LOCK_EX | LOCK_NB];
    const { value, error } = await systemOffMain('flock', [I32, I32], words);
    // Closing gives it back.
    if (value === 0) return { kind: 'locked', release: async () => undefined };
    if (error === EINTR) continue;
    if (!heldErrors.has(error)) return { kind: 'unsupported' };
    const holder = await holderOf(descriptor);
    return { kind: 'held', ...(holder && { holder }) };
  }
}

/** From the system's list of locks, which only shows those of processes that this one can see (proc(5), /proc/locks). */
async function holderOf(descriptor: number): Promise<Holder | undefined> {
  const { ino } = fstatSync(descriptor, { bigint: true });
  const locks = await readFile('/proc/locks', 'latin1').catch(() => '');
  // The device is left out: file systems such as btrfs and overlayfs say another one there.
  const line = new RegExp(`^\\d+: FLOCK +\\S+ +WRITE +(\\d+) [0-9a-f]+:[0-9a-f]+:${ino} `, 'm');
  const pid = Number(line.exec(locks)?.[1] ?? 0);
  if (pid <= 0) return undefined;
  const started = await startOf(pid);
  return { pid, ...(started && { started }) };
}

// CreateFileW and LockFileEx: fileapi.h, minwinbase.h, winerror.h
const GENERIC_READ = 0x80000000;
const FILE_SHARE_ALL = 7;
const OPEN_EXISTING = 3;
const INVALID_HANDLE_VALUE = -1n;
const LOCKFILE_EXCLUSIVE_FAIL_IMMEDIATELY = 3;
const ERROR_SHARING_VIOLATION = 32;
const ERROR_LOCK_VIOLATION = 33;
/** Far from every byte of a backup: a locked range of Windows keeps others from reading and writing in it. */
const lockedOffsetHigh = 0x4000_0000;
const overlappedBytes = 32;

async function lockRange(path: string): Promise<LockAnswer> {
  // Of its own, because Node does not give the system's handle away.
  const name = Buffer.from(`${path}\0`, 'utf16le');
  const opened = await systemOffMain(
    'CreateFileW',
    [U8Array, U32, U32, Address, U32, U32, Address],
    [name, GENERIC_READ, FILE_SHARE_ALL, 0n, OPEN_EXISTING, 0, 0n],
    Address,
  );
  if (opened.value === INVALID_HANDLE_VALUE)
    return { kind: opened.error === ERROR_SHARING_VIOLATION ? 'held' : 'unsupported' };
  const release = closeOnce(opened.value as bigint);
  const where = Buffer.alloc(overlappedBytes);
  where.writeUInt32LE(lockedOffsetHigh, 20);
  const { value, error } = await systemOffMain(
    'LockFileEx',
    [Address, U32, U32, U32, U32, U8Array],
    [opened.value, LOCKFILE_EXCLUSIVE_FAIL_IMMEDIATELY, 0, 1, 0, where],
  );
  if (value !== 0) return { kind: 'locked', release };
  await release();
  return { kind: error === ERROR_LOCK_VIOLATION ? 'held' : 'unsupported' };
}

function closeOnce(handle: bigint): () => Promise<void> {
  let open = true;
  return async () => {
    if (open) system('CloseHandle', [Address], [handle]);
    open = false;
  };
}
