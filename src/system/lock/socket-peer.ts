// Which process listens on a local socket, and whether this account has to believe it; Node does not tell.

import { DataType } from '../ffi.ts';
import { system } from '../process-calls.ts';
import { startOf } from '../process-start.ts';
import { pipeHolder } from './pipe-holder.ts';

const { I32, U32, U8Array } = DataType;

// sys/socket.h of Linux, unix(7)
const AF_UNIX = 1;
const SOCK_STREAM_NONBLOCK_CLOEXEC = 1 | 0o4000 | 0o2000000;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** struct ucred: pid, uid, gid. */
const credentialBytes = 12;
/** sizeof sun_path: libuv before 1.46 filled an abstract name up to it with zeros. */
const longestName = 108;

interface SocketHolder {
  readonly pid: number;
  readonly uid?: number;
  readonly started?: Date;
  /** It is this account or one that rules the machine: any other user can take any name. */
  readonly trusted: boolean;
}

/**
 * Who called `listen` on this name (an abstract one, which begins with a zero byte, or that of a pipe of Windows);
 * undefined where nobody did, or the system does not say.
 */
export async function socketHolder(name: string): Promise<SocketHolder | undefined> {
  if (process.platform === 'win32') return pipeHolder(name);
  if (process.platform !== 'linux') return undefined;
  const exact = Buffer.from(name, 'latin1');
  const filled = Buffer.alloc(longestName);
  exact.copy(filled);
  const found = credentials(exact) ?? credentials(filled);
  if (!found) return undefined;
  const started = await startOf(found.pid);
  const trusted = found.uid === 0 || found.uid === process.geteuid?.();
  return { ...found, trusted, ...(started && { started }) };
}

/** None of these calls waits: a local socket is connected at once or not at all. */
function credentials(name: Buffer): { pid: number; uid: number } | undefined {
  const socket = system('socket', [I32, I32, I32], [AF_UNIX, SOCK_STREAM_NONBLOCK_CLOEXEC, 0]);
  if ((socket as number) < 0) return undefined;
  try {
    const address = Buffer.concat([Buffer.from([AF_UNIX, 0]), name]);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(credentialBytes);
    const answer = Buffer.alloc(credentialBytes);
    const types = [I32, I32, I32, U8Array, U8Array];
    if (system('connect', [I32, U8Array, U32], [socket, address, address.length]) !== 0) return;
    if (system('getsockopt', types, [socket, SOL_SOCKET, SO_PEERCRED, answer, size]) !== 0) return;
    return { pid: answer.readInt32LE(0), uid: answer.readUInt32LE(4) };
  } finally {
    system('close', [I32], [socket]);
  }
}
