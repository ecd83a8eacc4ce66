// Backup streams made by hand, block by block, for tests that need ones nobody has: see walker.test.ts.

type Stream = readonly [id: string, data: Uint8Array];

function checksummed(bytes: Buffer, at: number): Buffer {
  let sum = 0;
  for (let word = 0; word < at; word += 2) sum ^= bytes.readUInt16LE(word);
  bytes.writeUInt16LE(sum, at);
  return bytes;
}

function streamBytes([id, data]: Stream): Buffer {
  const head = Buffer.alloc(22);
  head.write(id, 'latin1');
  head.writeBigUInt64LE(BigInt(data.length), 8);
  return Buffer.concat([checksummed(head, 20), data]);
}

/** One block; `body` is written over the bytes from 52 on; ends with an SPAD up to a multiple of `align`. */
export function block(
  type: string,
  body: Uint8Array = new Uint8Array(0),
  streams: readonly Stream[] = [],
  align = 512,
): Buffer {
  const head = Buffer.alloc(52 + body.length);
  head.write(type, 'latin1');
  head.writeUInt16LE(head.length, 8);
  head.set(body, 52);
  if (type === 'SSET') {
    head.writeUInt16LE(21, 44);
    head.writeUInt16LE(100, 46);
  }
  const parts: Buffer[] = [checksummed(head, 50)];
  let length = head.length;
  for (const stream of streams) {
    const bytes = streamBytes(stream);
    const pad = (4 - ((length + bytes.length) % 4)) % 4;
    parts.push(bytes, Buffer.alloc(pad, 0xee));
    length += bytes.length + pad;
  }
  if (type === 'SFMB') return Buffer.concat(parts);
  const rest = (align - ((length + 22) % align)) % align;
  parts.push(streamBytes(['SPAD', new Uint8Array(rest).fill(0xdd)]));
  return Buffer.concat(parts);
}

/** The blocks, now with their numbers in the set. */
export function numbered(blocks: readonly Buffer[]): readonly Buffer[] {
  for (const [index, bytes] of blocks.entries()) {
    bytes.writeUInt32LE(index, 36);
    checksummed(bytes, 50);
  }
  return blocks;
}

export function filemark(before: number): Buffer {
  const body = Buffer.alloc(512 - 52);
  body.writeUInt32LE(55, 0);
  body.writeUInt32LE(before, 4);
  return block('SFMB', body);
}

function raid(): Uint8Array {
  const data = Buffer.alloc(32);
  data.write('0123456789abcdef', 'latin1');
  data.writeUInt16LE(3, 20);
  data.writeUInt16LE(2, 24);
  return data;
}

/** A SCIN record with a database name and an SFIN record. */
function configuration(database: string, flags: number): Uint8Array {
  const name = Buffer.from(database, 'utf16le');
  const scin = Buffer.alloc(400 + name.length);
  scin.write('SCIN', 'latin1');
  scin.writeUInt32LE(scin.length, 4);
  scin.writeUInt32LE(flags, 8);
  scin.writeUInt32LE((16 << 24) | 1000, 24);
  scin.writeUInt32LE(37, 32);
  scin.writeUInt32LE(2776, 36);
  scin.writeUInt16LE(1, 40);
  scin.write('D', 87, 'latin1');
  scin.writeUInt8(160, 91);
  scin.writeUInt16LE(name.length, 104);
  scin.writeUInt16LE(400, 106);
  scin.set(name, 400);
  const sfin = Buffer.alloc(282);
  sfin.write('SFIN', 'latin1');
  sfin.writeUInt32LE(sfin.length, 4);
  sfin.writeUInt16LE(1, 20);
  sfin.writeUInt16LE(1, 28);
  sfin.writeUInt32LE(8192, 40);
  sfin.writeUInt32LE(4096, 250);
  return Buffer.concat([scin, sfin]);
}

export interface SampleOptions {
  readonly database?: string;
  readonly filemarks?: boolean;
  readonly flags?: number;
  readonly withChecksumStream?: boolean;
  readonly configurationBytes?: number;
}

/** The blocks of a stream with one set, in order. */
export function sampleBlocks(options: SampleOptions = {}): Buffer[] {
  const { database = 'Sales', filemarks = true, flags = 0x200 } = options;
  const mark = (before: number) => (filemarks ? [filemark(before)] : []);
  const config = Buffer.concat([
    configuration(database, flags),
    Buffer.alloc(options.configurationBytes ?? 0),
  ]);
  const data: Stream[] = [['MQDA', new Uint8Array(70_001).fill(1)]];
  if (options.withChecksumStream) data.push(['CSUM', new Uint8Array(4)]);
  data.push(['MQDA', new Uint8Array(0)]);
  return [
    block('TAPE', new Uint8Array(42), [['RAID', raid()]], 1024),
    ...mark(0),
    ...numbered([
      block('SSET', new Uint8Array(80).fill(0).fill(9, 48, 64)),
      block('VOLB', new Uint8Array(56)),
      block('MSCI', new Uint8Array(4), [['MQCI', config]]),
      block('MSDA', new Uint8Array(8), data),
      block('MSTL', new Uint8Array(76), [['MQTL', new Uint8Array(515)]]),
      block('MSLS', new Uint8Array(4), [['MQCI', config]]),
    ]),
    ...mark(1),
    block('ESET', new Uint8Array(36), [['TSMP', new Uint8Array(3)]]),
    block('ESET', new Uint8Array(36)),
    ...mark(2),
  ];
}
