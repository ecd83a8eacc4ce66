// The little of TDS that comes before the login: packets put together to messages, and what PRELOGIN says of
// encryption. Source: MS-TDS 2.2.3 (packets), 2.2.6.5 (PRELOGIN). Pure.

import { internalError } from '../../base/errors.ts';

export const packetTypes = { reply: 0x04, login: 0x10, prelogin: 0x12 } as const;

const headerBytes = 8;
const endOfMessage = 0x01;

/** Bytes of a packet until the login has agreed on another size (MS-TDS 2.2.3.1). */
const packetBytes = 4096;

/** Longest message before the login, in bytes: a chain of certificates has some ten thousand. Bounds what a stranger can fill. */
export const longestMessage = 1024 * 1024;

interface TdsMessage {
  readonly type: number;
  readonly payload: Buffer;
  /** As it came, headers included. */
  readonly packets: Buffer;
}

/** Bytes may arrive in any pieces. Throws `RangeError` for what cannot be TDS. */
export class MessageReader {
  #bytes = Buffer.alloc(0);

  get isEmpty(): boolean {
    return this.#bytes.length === 0;
  }

  push(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    if (this.#bytes.length > longestMessage) throw new RangeError('too long for a TDS message');
  }

  /** The next whole message, if it is there. */
  next(): TdsMessage | undefined {
    const parts: Buffer[] = [];
    for (let at = 0; at + headerBytes <= this.#bytes.length; ) {
      const end = at + packetLength(this.#bytes, at);
      if (end > this.#bytes.length) return undefined;
      parts.push(this.#bytes.subarray(at + headerBytes, end));
      const isLast = ((this.#bytes[at + 1] ?? 0) & endOfMessage) !== 0;
      at = end;
      if (isLast) return this.#take(at, parts);
    }
    return undefined;
  }

  /** What has come and is no whole message; forgets it. */
  rest(): Buffer {
    const rest = this.#bytes;
    this.#bytes = Buffer.alloc(0);
    return rest;
  }

  #take(end: number, parts: readonly Buffer[]): TdsMessage {
    const packets = this.#bytes.subarray(0, end);
    this.#bytes = this.#bytes.subarray(end);
    return { type: packets[0] ?? 0, payload: Buffer.concat(parts), packets };
  }
}

function packetLength(bytes: Buffer, at: number): number {
  const length = bytes.readUInt16BE(at + 2);
  if (length < headerBytes) throw new RangeError('not a TDS packet');
  return length;
}

export function encodeMessage(type: number, payload: Buffer): Buffer {
  const room = packetBytes - headerBytes;
  const count = Math.max(1, Math.ceil(payload.length / room));
  const packets = Array.from({ length: count }, (_, index) => {
    const part = payload.subarray(index * room, (index + 1) * room);
    const header = Buffer.alloc(headerBytes);
    header[0] = type;
    header[1] = index === count - 1 ? endOfMessage : 0;
    header.writeUInt16BE(headerBytes + part.length, 2);
    header[6] = (index + 1) & 0xff;
    return Buffer.concat([header, part]);
  });
  return Buffer.concat(packets);
}

/** Values of the option ENCRYPTION. */
export const encryption = { off: 0, on: 1, notSupported: 2, required: 3 } as const;

const encryptionToken = 0x01;
const terminator = 0xff;
const entryBytes = 5;
/** Says that the client has a certificate, beside the value. */
const certificateBit = 0x80;

/** Where the value of ENCRYPTION is; undefined in what is no PRELOGIN or does not have it. */
function encryptionOffset(prelogin: Buffer): number | undefined {
  for (let at = 0; at + entryBytes <= prelogin.length; at += entryBytes) {
    if (prelogin[at] === terminator) return undefined;
    if (prelogin[at] !== encryptionToken) continue;
    const offset = prelogin.readUInt16BE(at + 1);
    return offset < prelogin.length && prelogin.readUInt16BE(at + 3) > 0 ? offset : undefined;
  }
  return undefined;
}

export function encryptionOf(prelogin: Buffer): number | undefined {
  const offset = encryptionOffset(prelogin);
  return offset === undefined ? undefined : (prelogin[offset] ?? 0) & ~certificateBit;
}

export function withEncryption(prelogin: Buffer, value: number): Buffer {
  const offset = encryptionOffset(prelogin);
  if (offset === undefined)
    throw internalError('a PRELOGIN that names the encryption', prelogin.toString('hex'));
  const changed = Buffer.from(prelogin);
  changed[offset] = value;
  return changed;
}
