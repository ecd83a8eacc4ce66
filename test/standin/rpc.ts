// RPC requests: sp_executesql with its parameters. Other procedures are named, so that they can be refused.
import { ByteReader } from './byte-reader.ts';
import {
  bigintType,
  bitType,
  floatType,
  intType,
  nvarchar,
  type SqlValue,
  smallintType,
  type Typed,
  tinyintType,
} from './sql-value.ts';

export interface RemoteCall {
  readonly procedure: string;
  readonly parameters: readonly { readonly name: string; readonly typed: Typed }[];
}

const wellKnown: Readonly<Record<number, string>> = {
  10: 'sp_executesql',
  11: 'sp_prepare',
  12: 'sp_execute',
  13: 'sp_prepexec',
  15: 'sp_unprepare',
};

export function parseRemoteCall(payload: Buffer): RemoteCall {
  const reader = new ByteReader(payload, payload.readUInt32LE(0));
  const length = reader.u16();
  const procedure =
    length === 0xffff ? (wellKnown[reader.u16()] ?? 'unknown') : reader.text(length);
  reader.u16();
  const parameters: { name: string; typed: Typed }[] = [];
  while (!reader.atEnd) {
    const name = reader.text(reader.u8());
    reader.u8();
    parameters.push({ name, typed: parseValue(reader) });
  }
  return { procedure, parameters };
}

const integerTypes: Readonly<Record<number, typeof intType>> = {
  1: tinyintType,
  2: smallintType,
  4: intType,
  8: bigintType,
};

function parseValue(reader: ByteReader): Typed {
  const type = reader.u8();
  switch (type) {
    case 0x1f:
      return { type: intType, value: null };
    case 0xe7:
    case 0xef:
      return parseText(reader, 'utf16le');
    case 0xa7:
    case 0xaf:
      return parseText(reader, 'latin1');
    case 0x26: {
      const size = reader.u8();
      return { type: integerTypes[size] ?? intType, value: parseInteger(reader) };
    }
    case 0x68:
      reader.u8();
      return { type: bitType, value: reader.u8() === 0 ? null : reader.u8() !== 0 };
    case 0x6d:
      reader.u8();
      return { type: floatType, value: parseFloating(reader) };
    default:
      throw new Error(`RPC parameter of type 0x${type.toString(16)} is not understood`);
  }
}

function parseInteger(reader: ByteReader): SqlValue {
  const length = reader.u8();
  if (length === 0) return null;
  const bytes = reader.take(length);
  return length === 8 ? bytes.readBigInt64LE() : bytes.readIntLE(0, length);
}

function parseFloating(reader: ByteReader): SqlValue {
  const length = reader.u8();
  if (length === 0) return null;
  const bytes = reader.take(length);
  return length === 8 ? bytes.readDoubleLE() : bytes.readFloatLE();
}

function parseText(reader: ByteReader, encoding: BufferEncoding): Typed {
  const longest = reader.u16();
  reader.take(5);
  const bytes = longest === 0xffff ? parseLong(reader) : parseShort(reader);
  return { type: nvarchar(0), value: bytes?.toString(encoding) ?? null };
}

function parseShort(reader: ByteReader): Buffer | undefined {
  const length = reader.u16();
  return length === 0xffff ? undefined : reader.take(length);
}

// Partially length-prefixed: total length (or unknown), then chunks up to an empty one.
function parseLong(reader: ByteReader): Buffer | undefined {
  if (reader.i64() === -1n) return undefined;
  const chunks: Buffer[] = [];
  for (let length = reader.u32(); length > 0; length = reader.u32()) {
    chunks.push(reader.take(length));
  }
  return Buffer.concat(chunks);
}
