// Which process made a named pipe, and whether this account has to believe it: any user of the machine can take any name.
// Windows only.

import { DataType, load, type NoAnswer, open } from '../ffi.ts';
import { system } from '../process-calls.ts';

const { BigInt: Address, I32, U32, U8Array } = DataType;
const key = 'system:advapi32';

// CreateFileW, GetTokenInformation, GetKernelObjectSecurity: winnt.h, winbase.h
const READ_CONTROL = 0x0002_0000;
const FILE_SHARE_ALL = 7;
const OPEN_EXISTING = 3;
const INVALID_HANDLE_VALUE = -1n;
const TOKEN_QUERY = 8;
const TokenUser = 1;
const OWNER_SECURITY_INFORMATION = 1;
/** GetCurrentProcess(): always this number. */
const thisProcess = -1n;
/** Room for a descriptor with an owner alone, and for a TOKEN_USER; a SID has at most 68 bytes. */
const answerBytes = 256;
/** TOKEN_USER of 64-bit programs: a pointer and attributes; the SID that the pointer leads to follows. */
const tokenUserBytes = 16;
/** SECURITY_DESCRIPTOR_RELATIVE: where the offset of the owner is. */
const ownerAt = 4;

/** S-1-5-18 and S-1-5-32-544 (winnt.h): LocalSystem and the Administrators, who own what their elevated members make. */
const systemSid = Buffer.from('010100000000000512000000', 'hex');
const administratorsSid = Buffer.from('01020000000000052000000020020000', 'hex');

interface PipeHolder {
  readonly pid: number;
  readonly trusted: boolean;
}

/** Undefined where nobody has the name, or the system does not say who does. */
export function pipeHolder(name: string): PipeHolder | undefined {
  const pipe = system(
    'CreateFileW',
    [U8Array, U32, U32, Address, U32, U32, Address],
    [Buffer.from(`${name}\0`, 'utf16le'), READ_CONTROL, FILE_SHARE_ALL, 0n, OPEN_EXISTING, 0, 0n],
    Address,
  );
  if (pipe === INVALID_HANDLE_VALUE) return undefined;
  try {
    const pid = Buffer.alloc(4);
    system('GetNamedPipeServerProcessId', [Address, U8Array], [pipe, pid]);
    return { pid: pid.readUInt32LE(), trusted: isTrusted(pipe as bigint) };
  } finally {
    system('CloseHandle', [Address], [pipe]);
  }
}

function isTrusted(pipe: bigint): boolean {
  const descriptor = ownerDescriptor(pipe);
  if (!descriptor) return false;
  const at = descriptor.readUInt32LE(ownerAt);
  // Windows gives every pipe an owner; Wine has none where nobody asked for one, and one user only.
  if (at === 0) return true;
  const owner = sidAt(descriptor, at);
  return [systemSid, administratorsSid, ownSid()].some(
    (sid) => sid && owner && Buffer.compare(sid, owner) === 0,
  );
}

/** Undefined where this account may not see it. */
function ownerDescriptor(handle: bigint): Buffer | undefined {
  const descriptor = Buffer.alloc(answerBytes);
  const words = [handle, OWNER_SECURITY_INFORMATION, descriptor, answerBytes, Buffer.alloc(4)];
  const types = [Address, U32, U8Array, U32, U8Array];
  return advapi('GetKernelObjectSecurity', types, words) === 0 ? undefined : descriptor;
}

function ownSid(): Uint8Array | undefined {
  const token = Buffer.alloc(8);
  const opening = [thisProcess, TOKEN_QUERY, token];
  if (advapi('OpenProcessToken', [Address, U32, U8Array], opening) === 0) return undefined;
  const handle = token.readBigInt64LE();
  try {
    const user = Buffer.alloc(answerBytes);
    const words = [handle, TokenUser, user, answerBytes, Buffer.alloc(4)];
    const types = [Address, U32, U8Array, U32, U8Array];
    if (advapi('GetTokenInformation', types, words) === 0) return undefined;
    return sidAt(user, tokenUserBytes);
  } finally {
    system('CloseHandle', [Address], [handle]);
  }
}

/** The SID at an offset: revision, count of sub-authorities, six bytes of authority, four of each (winnt.h). */
function sidAt(bytes: Buffer, offset: number): Uint8Array | undefined {
  if (offset + 8 > bytes.length || bytes[offset] !== 1) return undefined;
  const end = offset + 8 + 4 * (bytes[offset + 1] ?? 0);
  return end <= bytes.length ? bytes.subarray(offset, end) : undefined;
}

function advapi(funcName: string, paramsType: DataType[], paramsValue: unknown[]): unknown {
  open({ library: key, path: 'advapi32.dll' });
  const retType = I32 as NoAnswer;
  return load({ library: key, funcName, retType, paramsType, paramsValue });
}
