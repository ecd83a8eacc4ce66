// TYPE_INFO and values of result columns, in the encodings of TDS 7.2 to 7.4.
import type { ByteWriter } from './byte-writer.ts';
import { toInteger } from './sql-conversion.ts';
import type { SqlType, SqlValue } from './sql-value.ts';

/** Latin1_General_CI_AS-like: LCID 1033, ignore case/kana/width, sort id 52. */
export const collationBytes = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34]);

const integerSizes = { tinyint: 1, smallint: 2, int: 4, bigint: 8 } as const;
const longestShortText = 4000;
const longestVariant = 8009;

export function writeTypeInfo(out: ByteWriter, type: SqlType): void {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      out.u8(0x26).u8(integerSizes[type.kind]);
      return;
    case 'bit':
      out.u8(0x68).u8(1);
      return;
    case 'float':
      out.u8(0x6d).u8(8);
      return;
    case 'datetime':
      out.u8(0x6f).u8(8);
      return;
    case 'uniqueidentifier':
      out.u8(0x24).u8(16);
      return;
    case 'numeric':
      out.u8(0x6c).u8(17).u8(type.precision).u8(type.scale);
      return;
    case 'varbinary':
      out.u8(0xa5).u16(8000);
      return;
    case 'variant':
      out.u8(0x62).u32(longestVariant);
      return;
    case 'nvarchar':
      out
        .u8(0xe7)
        .u16(isLong(type) ? 0xffff : type.length * 2)
        .bytes(collationBytes);
      return;
  }
}

export function writeValue(out: ByteWriter, type: SqlType, value: SqlValue): void {
  switch (type.kind) {
    case 'nvarchar':
      writeText(out, isLong(type), value === null ? null : String(value));
      return;
    case 'varbinary':
      if (value === null) out.u16(0xffff);
      else out.u16((value as Uint8Array).length).bytes(value as Uint8Array);
      return;
    case 'variant':
      writeVariant(out, value);
      return;
    default:
      if (value === null) out.u8(0);
      else writeFixed(out, type, value);
  }
}

function isLong(type: { length: number }): boolean {
  return type.length === 0 || type.length > longestShortText;
}

function writeText(out: ByteWriter, long: boolean, value: string | null): void {
  if (!long) {
    if (value === null) out.u16(0xffff);
    else out.u16(value.length * 2).text(value);
  } else if (value === null) {
    out.u64(0xffff_ffff_ffff_ffffn);
  } else {
    out.u64(value.length * 2);
    if (value.length > 0) out.u32(value.length * 2).text(value);
    out.u32(0);
  }
}

function writeFixed(out: ByteWriter, type: SqlType, value: Exclude<SqlValue, null>): void {
  switch (type.kind) {
    case 'tinyint':
      out.u8(1).u8(Number(toInteger(value)) & 0xff);
      return;
    case 'smallint':
      out.u8(2).u16(Number(toInteger(value)) & 0xffff);
      return;
    case 'int':
      out.u8(4).u32(Number(toInteger(value)));
      return;
    case 'bigint':
      out.u8(8).u64(toInteger(value));
      return;
    case 'bit':
      out.u8(1).u8(value ? 1 : 0);
      return;
    case 'float':
      out.u8(8).f64(Number(value));
      return;
    case 'datetime':
      writeDateTime(out.u8(8), value as Date);
      return;
    case 'uniqueidentifier':
      out.u8(16).bytes(guidBytes(String(value)));
      return;
    case 'numeric':
      writeNumeric(out, toInteger(value));
      return;
    case 'nvarchar':
    case 'varbinary':
    case 'variant':
      throw new Error(`internal error: ${type.kind} is not of fixed length`);
  }
}

function writeVariant(out: ByteWriter, value: SqlValue): void {
  if (value === null) {
    out.u32(0);
  } else if (typeof value === 'number') {
    out
      .u32(2 + 4)
      .u8(0x38)
      .u8(0)
      .u32(value);
  } else if (typeof value === 'bigint') {
    out
      .u32(2 + 8)
      .u8(0x7f)
      .u8(0)
      .u64(value);
  } else {
    const text = String(value);
    out
      .u32(2 + 7 + text.length * 2)
      .u8(0xe7)
      .u8(7)
      .bytes(collationBytes)
      .u16(256)
      .text(text);
  }
}

// numeric: a sign byte and 16 bytes of magnitude, so that LSNs (25 digits) fit.
function writeNumeric(out: ByteWriter, value: bigint): void {
  const magnitude = value < 0n ? -value : value;
  out
    .u8(17)
    .u8(value < 0n ? 0 : 1)
    .u64(magnitude & 0xffff_ffff_ffff_ffffn)
    .u64(magnitude >> 64n);
}

// datetime: days since 1900 and 1/300 s since midnight, in the server's local time.
function writeDateTime(out: ByteWriter, date: Date): void {
  const local = date.getTime() - date.getTimezoneOffset() * 60_000;
  const days = Math.floor(local / 86_400_000);
  out.u32(days + 25_567).u32(Math.round(((local - days * 86_400_000) * 3) / 10));
}

/** A GUID in the mixed-endian order Windows stores it in. */
export function guidBytes(text: string): Buffer {
  const hex = Buffer.from(text.replaceAll('-', ''), 'hex');
  return Buffer.from(
    [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map((i) => hex[i] ?? 0),
  );
}
