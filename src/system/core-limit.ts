// A core dump of this process would hold the password, and pages of the database in the frames under way; crash handlers
// keep it where others may read it, and send it away. Linux only: Windows writes none unless it was told to, elsewhere.
//
// Not PR_SET_DUMPABLE: it makes /proc/PID root's, which SQL Server's side of VDI may read to see whether its client lives,
// and takes strace and gdb from the administrator. Who needs a core all the same: prlimit --pid PID --core=unlimited.

import { DataType } from './ffi.ts';

const { I32, U8Array } = DataType;

type Call = (funcName: string, types: DataType[], values: unknown[]) => unknown;

/** <sys/resource.h> of Linux on x86-64: two numbers of 64 bits, the soft and the hard limit. */
const RLIMIT_CORE = 4;
const rlimitBytes = 16;

/**
 * One byte, not none. Less than a page is no file; and where cores go to a program (systemd-coredump, apport), which
 * limits do not concern, 1 alone keeps the kernel from starting it (fs/coredump.c, "cprm.limit of 1").
 */
const noCore = 1n;

/** Best effort: nothing depends on it. The hard limit stays, so that it can be taken back. */
export function limitCores(call: Call): void {
  const limits = Buffer.alloc(rlimitBytes);
  if (call('getrlimit', [I32, U8Array], [RLIMIT_CORE, limits]) !== 0) return;
  const hard = limits.readBigUInt64LE(8);
  limits.writeBigUInt64LE(hard < noCore ? hard : noCore, 0);
  call('setrlimit', [I32, U8Array], [RLIMIT_CORE, limits]);
}
