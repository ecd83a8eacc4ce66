// Conversions and comparison between SQL values, with SQL Server's rules where a backup tool can meet them.
import { conversionFailed } from './sql-error.ts';
import { nvarchar, type SqlType, type SqlValue, type Typed } from './sql-value.ts';

export function toInteger(value: Exclude<SqlValue, null>): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return BigInt(Math.trunc(value));
  if (typeof value === 'boolean') return value ? 1n : 0n;
  const text = String(value).trim();
  if (!/^[+-]?\d*$/.test(text)) throw conversionFailed(text, 'int');
  return BigInt(text === '' ? 0 : text);
}

export function toText(value: Exclude<SqlValue, null>): string {
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (value instanceof Date) return value.toISOString().replace('T', ' ').slice(0, 23);
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex').toUpperCase()}`;
  return String(value);
}

export function convert(value: SqlValue, type: SqlType): SqlValue {
  if (value === null) return null;
  switch (type.kind) {
    case 'nvarchar': {
      const text = toText(value);
      return type.length === 0 ? text : text.slice(0, type.length);
    }
    case 'tinyint':
    case 'smallint':
    case 'int':
      return Number(toInteger(value));
    case 'bigint':
      return toInteger(value);
    case 'numeric':
      return toInteger(value);
    case 'bit':
      return toInteger(value) !== 0n;
    case 'float':
      return Number(value);
    case 'datetime':
      return value instanceof Date ? value : new Date(String(value));
    case 'uniqueidentifier':
      return toText(value).toUpperCase();
    case 'varbinary':
      return value instanceof Uint8Array ? value : Buffer.from(toText(value), 'utf16le');
    case 'variant':
      return value;
  }
}

/** Negative, zero, positive; text without trailing spaces, and case-insensitively, as the usual collations do. */
export function compare(
  left: Exclude<SqlValue, null>,
  right: Exclude<SqlValue, null>,
  caseSensitive = false,
): number {
  if (typeof left === 'string' && typeof right === 'string') {
    const spelled = (text: string) => (caseSensitive ? text : text.toLowerCase()).trimEnd();
    const [a, b] = [spelled(left), spelled(right)];
    return a < b ? -1 : a > b ? 1 : 0;
  }
  if (left instanceof Date || right instanceof Date) {
    return new Date(left as string).getTime() - new Date(right as string).getTime();
  }
  if (Number.isFinite(Number(left)) && !Number.isInteger(Number(left))) {
    return Number(left) - Number(right);
  }
  const difference = toInteger(left) - toInteger(right);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

const ranks: readonly SqlType['kind'][] = [
  'variant',
  'datetime',
  'float',
  'numeric',
  'bigint',
  'int',
  'smallint',
  'tinyint',
  'bit',
  'uniqueidentifier',
  'nvarchar',
  'varbinary',
];

/** The type two operands meet in: the higher one of SQL Server's data type precedence. */
export function commonType(left: SqlType, right: SqlType): SqlType {
  if (left.kind === 'nvarchar' && right.kind === 'nvarchar') {
    const isMax = left.length === 0 || right.length === 0;
    return nvarchar(isMax ? 0 : Math.max(left.length, right.length));
  }
  return ranks.indexOf(left.kind) <= ranks.indexOf(right.kind) ? left : right;
}

export function isTrue(typed: Typed): boolean {
  return typed.value === true || (typeof typed.value === 'number' && typed.value !== 0);
}
