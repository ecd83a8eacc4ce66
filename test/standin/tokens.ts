// The tokens of a TDS reply that the stand-in sends.
import { ByteWriter } from './byte-writer.ts';
import { collationBytes, writeTypeInfo, writeValue } from './column-codec.ts';
import type { ServerMessage } from './sql-error.ts';
import type { SqlType, SqlValue } from './sql-value.ts';

export interface Column {
  readonly name: string;
  readonly type: SqlType;
}

export const doneStatus = { more: 0x01, error: 0x02, count: 0x10, attention: 0x20 } as const;
export const doneTokens = { done: 0xfd, procedure: 0xfe, inProcedure: 0xff } as const;
export type DoneToken = (typeof doneTokens)[keyof typeof doneTokens];

const lastInformational = 10;

export function loginAck(tdsVersion: number, productVersion: readonly number[]): Buffer {
  const [major = 0, minor = 0, build = 0] = productVersion;
  const body = new ByteWriter().u8(1);
  const version = Buffer.alloc(4);
  version.writeUInt32BE(tdsVersion);
  body.bytes(version).shortText('Microsoft SQL Server\0\0');
  body
    .u8(major)
    .u8(minor)
    .u8(build >> 8)
    .u8(build & 0xff);
  return withLength(0xad, body);
}

export function environmentText(
  kind: 'database' | 'language' | 'packet',
  now: string,
  before: string,
) {
  const code = { database: 1, language: 2, packet: 4 }[kind];
  return withLength(0xe3, new ByteWriter().u8(code).shortText(now).shortText(before));
}

export function environmentCollation(): Buffer {
  return withLength(0xe3, new ByteWriter().u8(7).u8(5).bytes(collationBytes).u8(0));
}

/** INFO or ERROR by severity; SQL Server sends informational messages as class 0. */
export function message(entry: ServerMessage, serverName: string, line: number): Buffer {
  const isError = entry.severity > lastInformational;
  const body = new ByteWriter()
    .u32(entry.number)
    .u8(entry.state)
    .u8(isError ? entry.severity : 0)
    .longText(entry.text)
    .shortText(serverName)
    .shortText('')
    .u32(line);
  return withLength(isError ? 0xaa : 0xab, body);
}

export function columnMetadata(columns: readonly Column[]): Buffer {
  const out = new ByteWriter().u8(0x81).u16(columns.length);
  for (const { name, type } of columns) {
    out.u32(0).u16(0x0009);
    writeTypeInfo(out, type);
    out.shortText(name);
  }
  return out.toBuffer();
}

export function row(columns: readonly Column[], values: readonly SqlValue[]): Buffer {
  const out = new ByteWriter().u8(0xd1);
  for (const [index, { type }] of columns.entries()) writeValue(out, type, values[index] ?? null);
  return out.toBuffer();
}

export function done(token: DoneToken, status: number, rows = 0): Buffer {
  return new ByteWriter().u8(token).u16(status).u16(0).u64(rows).toBuffer();
}

export function returnStatus(value: number): Buffer {
  return new ByteWriter().u8(0x79).u32(value).toBuffer();
}

function withLength(token: number, body: ByteWriter): Buffer {
  return new ByteWriter().u8(token).u16(body.length).bytes(body.toBuffer()).toBuffer();
}
