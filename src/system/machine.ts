// What this machine says of itself that VDI depends on. Read only; judged elsewhere (job/).

import { readFile, statfs } from 'node:fs/promises';
import { defaultLibrary } from '../base/platform/default-library.ts';
import { type AccountFacts, accountFacts } from './account.ts';
import { readElf } from './code/elf-image.ts';
import { type ContainerFacts, readContainer } from './container.ts';
import { isElevated } from './elevation.ts';

export type MachineFacts = LinuxFacts | WindowsFacts | { readonly system: 'other' };

export interface LinuxFacts {
  readonly system: 'linux';
  readonly library: LibraryFacts;
  /** Undefined where the system does not say. */
  readonly account: AccountFacts | undefined;
  /** Of this process, e.g. 0o022. */
  readonly umask: number | undefined;
  readonly sharedMemory: { readonly bytes: number; readonly freeBytes: number } | undefined;
  /** Undefined outside of containers, as far as can be seen. */
  readonly container: ContainerFacts | undefined;
}

export interface LibraryFacts {
  readonly path: string;
  /** Undefined when the file is missing, unreadable or no ELF file. */
  readonly image: { readonly bits: number; readonly machine: number } | undefined;
}

interface WindowsFacts {
  readonly system: 'windows';
  readonly elevated: boolean | undefined;
}

/** `library` as in VirtualDeviceSetOptions. Never throws: what cannot be read is undefined. */
export async function readMachine(library: string | undefined): Promise<MachineFacts> {
  switch (process.platform) {
    case 'linux':
      return readLinux(library ?? defaultLibrary);
    case 'win32':
      return { system: 'windows', elevated: isElevated() };
    default:
      return { system: 'other' };
  }
}

async function readLinux(path: string): Promise<LinuxFacts> {
  return {
    system: 'linux',
    library: { path, image: await readElf(path) },
    account: await readAccount(),
    umask: await readUmask(),
    sharedMemory: await readSharedMemory(),
    container: await readContainer(),
  };
}

async function readAccount(): Promise<AccountFacts | undefined> {
  const [passwd, group] = [await read('/etc/passwd'), await read('/etc/group')];
  const { getuid, getgid, getgroups } = process;
  if (passwd === undefined || group === undefined || !getuid || !getgid || !getgroups)
    return undefined;
  return accountFacts(passwd, group, { uid: getuid(), gid: getgid(), groups: getgroups() });
}

/** Not by process.umask(), which has to change it in order to tell it. */
async function readUmask(): Promise<number | undefined> {
  const digits = /^Umask:\s*([0-7]+)$/m.exec((await read('/proc/self/status')) ?? '')?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

async function readSharedMemory(): Promise<LinuxFacts['sharedMemory']> {
  try {
    const { bsize, blocks, bavail } = await statfs('/dev/shm');
    return { bytes: bsize * blocks, freeBytes: bsize * bavail };
  } catch {
    return undefined;
  }
}

async function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
