// TDS packets: 8-byte header, big-endian length; a message is the payload of packets up to the end-of-message bit.

export const packetTypes = {
  sqlBatch: 0x01,
  rpc: 0x03,
  reply: 0x04,
  attention: 0x06,
  transaction: 0x0e,
  login7: 0x10,
  prelogin: 0x12,
} as const;

const headerBytes = 8;
const endOfMessage = 0x01;
const ignoreMessage = 0x02;

export interface TdsMessage {
  readonly type: number;
  readonly payload: Buffer;
}

/** Packets for `payload`; the last carries the end-of-message bit unless more of the same message follows. */
export function encodePackets(
  type: number,
  payload: Buffer,
  packetSize: number,
  options: { last: boolean; spid: number; firstId: number },
): Buffer[] {
  const room = packetSize - headerBytes;
  const count = Math.max(1, Math.ceil(payload.length / room));
  return Array.from({ length: count }, (_, index) => {
    const part = payload.subarray(index * room, (index + 1) * room);
    const header = Buffer.alloc(headerBytes);
    header[0] = type;
    header[1] = options.last && index === count - 1 ? endOfMessage : 0;
    header.writeUInt16BE(part.length + headerBytes, 2);
    header.writeUInt16BE(options.spid, 4);
    header[6] = (options.firstId + index) & 0xff;
    return Buffer.concat([header, part]);
  });
}

/** Puts packets together again. Bytes may arrive in any pieces. */
export class PacketReader {
  #pending: Buffer = Buffer.alloc(0);
  #parts: Buffer[] = [];

  /** True when part of a packet has come. */
  get isInside(): boolean {
    return this.#pending.length > 0;
  }

  push(bytes: Buffer): TdsMessage[] {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    const messages: TdsMessage[] = [];
    for (let packet = this.#next(); packet; packet = this.#next()) {
      this.#parts.push(packet.subarray(headerBytes));
      if (((packet[1] ?? 0) & endOfMessage) === 0) continue;
      const payload = Buffer.concat(this.#parts);
      this.#parts = [];
      if (((packet[1] ?? 0) & ignoreMessage) === 0)
        messages.push({ type: packet[0] ?? 0, payload });
    }
    return messages;
  }

  #next(): Buffer | undefined {
    if (this.#pending.length < headerBytes) return undefined;
    const length = this.#pending.readUInt16BE(2);
    if (length < headerBytes) throw new Error(`malformed TDS packet: length ${length}`);
    if (this.#pending.length < length) return undefined;
    const packet = this.#pending.subarray(0, length);
    this.#pending = this.#pending.subarray(length);
    return packet;
  }
}
