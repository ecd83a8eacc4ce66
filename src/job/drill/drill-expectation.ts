// What an assertion of a drill expects of its query's first value: `> 1000`, `= 'x'`, `between 1 and 9`, `not null`.
// Pure; numbers are compared as numbers, dates as moments, texts only for being equal.

import { Failure } from '../../base/errors.ts';
import { isComparable, type Operand, operand, signOf } from './drill-operand.ts';

type Order = '<' | '<=' | '>' | '>=' | '=' | '<>';

export type Expectation =
  | { readonly kind: 'compare'; readonly order: Order; readonly value: Operand }
  | { readonly kind: 'between'; readonly low: Operand; readonly high: Operand }
  | { readonly kind: 'null' }
  | { readonly kind: 'not-null' };

type Verdict = 'holds' | 'wrong' | 'not-comparable';

/** Throws `Failure('usage')` for what is no expectation. */
export function parseExpectation(text: string): Expectation {
  const words = text.trim();
  if (/^(is\s+)?null$/i.test(words)) return { kind: 'null' };
  if (/^(is\s+)?not\s+null$/i.test(words)) return { kind: 'not-null' };
  const [, low, high] = /^between\s+(.+?)\s+and\s+(.+)$/i.exec(words) ?? [];
  if (low !== undefined && high !== undefined)
    return { kind: 'between', low: bound(low, text), high: bound(high, text) };
  const [, order, value = ''] = /^(<=|>=|<>|!=|=|<|>)\s*(.*)$/s.exec(words) ?? [];
  const compared = order === undefined ? words : value.trim();
  if (compared === '') throw nothingToExpect(text);
  return comparison(orderOf(order), compared, text);
}

function comparison(order: Order, compared: string, text: string): Expectation {
  const isEquality = order === '=' || order === '<>';
  return {
    kind: 'compare',
    order,
    value: isEquality ? operand(compared) : bound(compared, text),
  };
}

/** Texts have as many orders as SQL Server has collations, and `'9' > '10'` in most: none of them is meant. */
function bound(compared: string, text: string): Operand {
  const found = operand(compared);
  if (isComparable(found)) return found;
  throw new Failure(
    'invalid-expectation',
    `'${text}' compares with '${compared}', which is neither a number nor a date`,
    {
      hints: [
        'Write a number without separators, unit or double quotes, like 1000 or -2.5, or a date like 2026-03-01 or 2026-03-01 12:00:00.',
        'Text can only be equal or not: = and <>.',
      ],
    },
  );
}

function nothingToExpect(text: string): Failure {
  return new Failure('invalid-expectation', `'${text}' is nothing to expect`, {
    hints: ["Write it like '> 1000', '= 42', 'between 1 and 9' or 'not null'."],
  });
}

/** Whether `value`, as the driver hands it out, is as expected. NULL is never equal to anything. */
export function judge(expectation: Expectation, value: unknown): Verdict {
  const isNull = value === null || value === undefined;
  switch (expectation.kind) {
    case 'null':
      return isNull ? 'holds' : 'wrong';
    case 'not-null':
      return isNull ? 'wrong' : 'holds';
    case 'between':
      return isNull ? 'wrong' : within(value, expectation.low, expectation.high);
    case 'compare':
      return isNull ? 'wrong' : ordered(value, expectation.order, expectation.value);
  }
}

function within(value: unknown, low: Operand, high: Operand): Verdict {
  const verdicts = [ordered(value, '>=', low), ordered(value, '<=', high)];
  return verdicts.find((one) => one === 'not-comparable') ?? verdicts.find(isWrong) ?? 'holds';
}

function isWrong(verdict: Verdict): boolean {
  return verdict === 'wrong';
}

function orderOf(written: string | undefined): Order {
  if (written === undefined) return '=';
  return written === '!=' ? '<>' : (written as Order);
}

function ordered(value: unknown, order: Order, expected: Operand): Verdict {
  const sign = signOf(value, expected);
  if (sign === undefined) return 'not-comparable';
  return isOf(sign, order) ? 'holds' : 'wrong';
}

function isOf(sign: number, order: Order): boolean {
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
