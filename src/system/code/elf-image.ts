// The first bytes of a library on Linux: for which processors it is (System V ABI, ELF header).

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

const { O_NONBLOCK = 0, O_RDONLY } = constants;

interface ElfImage {
  readonly bits: number;
  /** e_machine. */
  readonly machine: number;
}

export const EM_X86_64 = 62;

const MAGIC = Buffer.from('\x7fELF', 'latin1');
const EI_CLASS = 4;
const E_MACHINE = 18;
const headBytes = 20;

/** Undefined when the file is missing, unreadable or no ELF file. */
export async function readElf(path: string): Promise<ElfImage | undefined> {
  try {
    // A pipe without a writer would hold a thread of the pool.
    const file = await open(path, O_RDONLY | O_NONBLOCK);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
      return elfImage(buffer.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

export function elfImage(head: Buffer): ElfImage | undefined {
  if (head.length < headBytes || !head.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  return { bits: head[EI_CLASS] === 2 ? 64 : 32, machine: head.readUInt16LE(E_MACHINE) };
}
