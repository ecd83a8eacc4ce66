// What an assertion of a drill expects of its query's first value: `> 1000`, `= 'x'`, `between 1 and 9`, `not null`.
// Pure; numbers are compared as numbers, dates as moments, everything else as text.

import { Failure } from '../errors.ts';

type Order = '<' | '<=' | '>' | '>=' | '=' | '<>';

export type Expectation =
  | { readonly kind: 'compare'; readonly order: Order; readonly value: string }
  | { readonly kind: 'between'; readonly low: string; readonly high: string }
  | { readonly kind: 'null' }
  | { readonly kind: 'not-null' };

/** Throws `Failure('usage')` for what is no expectation. */
export function parseExpectation(text: string): Expectation {
  const words = text.trim();
  if (/^(is\s+)?null$/i.test(words)) return { kind: 'null' };
  if (/^(is\s+)?not\s+null$/i.test(words)) return { kind: 'not-null' };
  const [, low, high] = /^between\s+(.+?)\s+and\s+(.+)$/i.exec(words) ?? [];
  if (low !== undefined && high !== undefined)
    return { kind: 'between', low: unquoted(low), high: unquoted(high) };
  const [, order, value = ''] = /^(<=|>=|<>|!=|=|<|>)\s*(.*)$/s.exec(words) ?? [];
  const compared = order === undefined ? words : value.trim();
  if (compared === '')
    throw new Failure('usage', 'invalid-expectation', `'${text}' is nothing to expect`, {
      hints: ["Write it like '> 1000', '= 42', 'between 1 and 9' or 'not null'"],
    });
  return { kind: 'compare', order: orderOf(order), value: unquoted(compared) };
}

/** Whether `value`, as the driver hands it out, is as expected. NULL is never equal to anything. */
export function holds(expectation: Expectation, value: unknown): boolean {
  const isNull = value === null || value === undefined;
  switch (expectation.kind) {
    case 'null':
      return isNull;
    case 'not-null':
      return !isNull;
    case 'between':
      return (
        !isNull && ordered(value, '>=', expectation.low) && ordered(value, '<=', expectation.high)
      );
    case 'compare':
      return !isNull && ordered(value, expectation.order, expectation.value);
  }
}

/** A value as a report shows it. */
export function shownValue(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`;
  return String(value);
}

function orderOf(written: string | undefined): Order {
  if (written === undefined) return '=';
  return written === '!=' ? '<>' : (written as Order);
}

function unquoted(text: string): string {
  const inside = /^N?'((?:[^']|'')*)'$/s.exec(text)?.[1];
  return inside === undefined ? text : inside.replaceAll("''", "'");
}

function ordered(value: unknown, order: Order, expected: string): boolean {
  const sign = compared(value, expected);
  switch (order) {
    case '=':
      return sign === 0;
    case '<>':
      return sign !== 0;
    case '<':
      return sign < 0;
    case '<=':
      return sign <= 0;
    case '>':
      return sign > 0;
    case '>=':
      return sign >= 0;
  }
}

/** Negative, 0 or positive; NaN where there is no order. */
function compared(value: unknown, expected: string): number {
  if (value instanceof Date) return value.getTime() - moment(expected);
  const [left, right] = [shownValue(value === true ? 1 : value === false ? 0 : value), expected];
  const both = [wholeOf(left), wholeOf(right)];
  const [one, other] = both;
  if (one !== undefined && other !== undefined) return one === other ? 0 : one < other ? -1 : 1;
  const [a, b] = [numberOf(left), numberOf(right)];
  if (!Number.isNaN(a) && !Number.isNaN(b)) return a - b;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Beyond 2^53 numbers are not exact: bigint columns arrive as text. */
function wholeOf(text: string): bigint | undefined {
  return /^-?\d+$/.test(text.trim()) ? BigInt(text.trim()) : undefined;
}

function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

/** SQL Server's date types have no zone; the driver reads them as UTC. */
function moment(text: string): number {
  const hasZone = /(z|[+-]\d\d:?\d\d)$/i.test(text);
  const iso = text.trim().replace(' ', 'T');
  return Date.parse(hasZone || !iso.includes('T') ? iso : `${iso}Z`);
}
