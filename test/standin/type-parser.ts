// Type names of T-SQL. Narrow character types are read as their wide twins: the stand-in speaks UTF-16 only.
import { SyntaxProblem } from './sql-error.ts';
import {
  bigintType,
  binaryType,
  bitType,
  datetimeType,
  floatType,
  guidType,
  intType,
  numericType,
  nvarchar,
  type SqlType,
  smallintType,
  tinyintType,
  variantType,
} from './sql-value.ts';
import type { TokenCursor } from './token-cursor.ts';

const plainTypes: Record<string, SqlType> = {
  int: intType,
  bigint: bigintType,
  smallint: smallintType,
  tinyint: tinyintType,
  bit: bitType,
  float: floatType,
  real: floatType,
  datetime: datetimeType,
  datetime2: datetimeType,
  smalldatetime: datetimeType,
  date: datetimeType,
  uniqueidentifier: guidType,
  sql_variant: variantType,
  sysname: nvarchar(128),
  binary: binaryType,
  varbinary: binaryType,
};

const textTypes = ['nvarchar', 'varchar', 'nchar', 'char'];
const castDefaultLength = 30;

export function parseType(cursor: TokenCursor): SqlType {
  const name = cursor.expectName().toLowerCase();
  const sizes = parseSizes(cursor);
  const plain = plainTypes[name];
  if (plain) return plain;
  if (textTypes.includes(name)) return nvarchar(sizes[0] ?? castDefaultLength);
  if (name === 'decimal' || name === 'numeric') return numericType(sizes[0] ?? 18, sizes[1] ?? 0);
  throw new SyntaxProblem(243, 16, `Type ${name} is not a defined system type.`);
}

function parseSizes(cursor: TokenCursor): number[] {
  if (!cursor.trySymbol('(')) return [];
  const sizes = cursor.commaList(() =>
    cursor.tryWords('MAX') ? 0 : Number(cursor.expectKind('number').text),
  );
  cursor.expectSymbol(')');
  return sizes;
}
