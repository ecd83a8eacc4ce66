// The value of an expression. NULL takes part as SQL says: comparisons with it are unknown (null).
import type { Expression } from './expression.ts';
import { aggregates, typeOf } from './expression-type.ts';
import type { Scope } from './scope.ts';
import { commonType, compare, convert, toInteger, toText } from './sql-conversion.ts';
import { SqlError, undeclaredVariable, unknownFunction } from './sql-error.ts';
import { findFunction, globalVariable } from './sql-function.ts';
import type { SqlType, SqlValue } from './sql-value.ts';

export function evaluate(expression: Expression, scope: Scope): SqlValue {
  switch (expression.kind) {
    case 'literal':
      return expression.typed.value;
    case 'variable':
      return variableValue(expression.name, scope);
    case 'column':
      return scope.valueOf(expression.table, expression.name);
    case 'call':
      return call(expression, scope);
    case 'cast':
      return cast(expression, scope);
    case 'not':
      return not(truth(expression.operand, scope));
    case 'negate':
      return negate(evaluate(expression.operand, scope));
    case 'invert':
      return mapNumber(evaluate(expression.operand, scope), (value) => ~value);
    case 'binary':
      return binary(expression, scope);
    case 'is-null':
      return evaluate(expression.operand, scope) === null;
    case 'in':
      return isIn(
        evaluate(expression.operand, scope),
        expression.list.map((item) => evaluate(item, scope)),
      );
    case 'in-query':
      return isIn(
        evaluate(expression.operand, scope),
        scope.rowsOf(expression.select).map((row) => row[0] ?? null),
      );
    case 'between':
      return between(expression, scope);
    case 'like':
      return like(evaluate(expression.operand, scope), evaluate(expression.pattern, scope));
    case 'case':
      return caseValue(expression, scope);
    case 'subquery':
      return onlyValue(scope.rowsOf(expression.select));
    case 'exists':
      return scope.rowsOf(expression.select).length > 0;
  }
}

/** A condition: true, false, or null for unknown. */
export function truth(expression: Expression, scope: Scope): boolean | null {
  const value = evaluate(expression, scope);
  return typeof value === 'boolean' ? value : null;
}

function variableValue(name: string, { session }: Scope): SqlValue {
  const found = name.startsWith('@@')
    ? globalVariable(session, name)
    : session.variables.get(name.toLowerCase());
  if (!found) throw undeclaredVariable(name);
  return found.value;
}

function call(expression: Expression & { kind: 'call' }, scope: Scope): SqlValue {
  const { name, args } = expression;
  if (aggregates.includes(name.toUpperCase())) return aggregate(expression, scope);
  const found = findFunction(name);
  if (!found) throw unknownFunction(name);
  const value = found.call(
    scope.session,
    args.map((arg) => evaluate(arg, scope)),
  );
  return typeof found.type === 'string' ? convert(value, typeOf(expression, scope)) : value;
}

function aggregate({ name, args, star }: Expression & { kind: 'call' }, scope: Scope): SqlValue {
  const group = scope.group ?? [];
  const [arg] = args;
  const values = group
    .map((row) => (star || !arg ? 1 : evaluate(arg, row)))
    .filter((value): value is Exclude<SqlValue, null> => value !== null);
  switch (name.toUpperCase()) {
    case 'COUNT':
      return values.length;
    case 'COUNT_BIG':
      return BigInt(values.length);
    case 'SUM':
      return values.length === 0 ? null : values.reduce(add);
    case 'MIN':
      return values.length === 0 ? null : values.reduce((a, b) => (compare(a, b) <= 0 ? a : b));
    default:
      return values.length === 0 ? null : values.reduce((a, b) => (compare(a, b) >= 0 ? a : b));
  }
}

function add(
  left: Exclude<SqlValue, null>,
  right: Exclude<SqlValue, null>,
): Exclude<SqlValue, null> {
  if (typeof left === 'bigint' || typeof right === 'bigint') {
    return toInteger(left) + toInteger(right);
  }
  return Number(left) + Number(right);
}

function cast(expression: Expression & { kind: 'cast' }, scope: Scope): SqlValue {
  const { operand, type, style, lenient } = expression;
  const value = evaluate(operand, scope);
  try {
    if (value instanceof Date && type.kind === 'nvarchar' && style) {
      return dateText(value, Number(evaluate(style, scope))).slice(0, type.length || undefined);
    }
    return convert(value, type);
  } catch (error) {
    if (lenient && error instanceof SqlError) return null;
    throw error;
  }
}

function dateText(date: Date, style: number): string {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString();
  if (style === 126 || style === 127) return local.slice(0, 23);
  if (style === 112) return local.slice(0, 10).replaceAll('-', '');
  return local.slice(0, 19).replace('T', ' ');
}

function not(value: boolean | null): boolean | null {
  return value === null ? null : !value;
}

function negate(value: SqlValue): SqlValue {
  if (value === null) return null;
  return typeof value === 'bigint' ? -value : -Number(value);
}

function mapNumber(value: SqlValue, change: (value: number) => number): SqlValue {
  return value === null ? null : change(Number(value));
}

function binary(expression: Expression & { kind: 'binary' }, scope: Scope): SqlValue {
  const { operator, left, right } = expression;
  if (operator === 'and') return both(truth(left, scope), () => truth(right, scope));
  if (operator === 'or') {
    return not(both(not(truth(left, scope)), () => not(truth(right, scope))));
  }
  const a = evaluate(left, scope);
  const b = evaluate(right, scope);
  if (a === null || b === null) return null;
  const order = () => compare(a, b, scope.session.instance.caseSensitive);
  switch (operator) {
    case '=':
      return order() === 0;
    case '<>':
      return order() !== 0;
    case '<':
      return order() < 0;
    case '>':
      return order() > 0;
    case '<=':
      return order() <= 0;
    case '>=':
      return order() >= 0;
    default:
      return arithmetic(operator, a, b, commonType(typeOf(left, scope), typeOf(right, scope)));
  }
}

function both(left: boolean | null, right: () => boolean | null): boolean | null {
  if (left === false) return false;
  const other = right();
  if (other === false) return false;
  return left === null || other === null ? null : true;
}

function arithmetic(
  operator: '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^',
  a: Exclude<SqlValue, null>,
  b: Exclude<SqlValue, null>,
  type: SqlType,
): SqlValue {
  if (type.kind === 'nvarchar') {
    if (operator === '+') return toText(a) + toText(b);
    throw new SqlError(
      402,
      16,
      `The data types nvarchar and nvarchar are incompatible in the operator.`,
    );
  }
  if (type.kind === 'float') return floatArithmetic(operator, Number(a), Number(b));
  return convert(wholeArithmetic(operator, toInteger(a), toInteger(b)), type);
}

function floatArithmetic(operator: string, a: number, b: number): number {
  if (operator === '/' && b === 0) throw divisionByZero();
  const results: Record<string, number> = { '+': a + b, '-': a - b, '*': a * b, '/': a / b };
  return results[operator] ?? a % b;
}

function wholeArithmetic(operator: string, a: bigint, b: bigint): bigint {
  if ((operator === '/' || operator === '%') && b === 0n) throw divisionByZero();
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
    case '&':
      return a & b;
    case '|':
      return a | b;
    default:
      return a ^ b;
  }
}

const divisionByZero = () => new SqlError(8134, 16, 'Divide by zero error encountered.');

function isIn(value: SqlValue, list: readonly SqlValue[]): boolean | null {
  if (value === null) return null;
  if (list.some((item) => item !== null && compare(value, item) === 0)) return true;
  return list.includes(null) ? null : false;
}

function between(expression: Expression & { kind: 'between' }, scope: Scope): boolean | null {
  const value = evaluate(expression.operand, scope);
  const low = evaluate(expression.low, scope);
  const high = evaluate(expression.high, scope);
  if (value === null || low === null || high === null) return null;
  return compare(value, low) >= 0 && compare(value, high) <= 0;
}

function like(value: SqlValue, pattern: SqlValue): boolean | null {
  if (value === null || pattern === null) return null;
  const source = toText(pattern)
    .replace(/[.*+?^${}()|\\]/g, '\\$&')
    .replaceAll('%', '[^]*')
    .replaceAll('_', '[^]');
  return new RegExp(`^${source}$`, 'iu').test(toText(value));
}

function caseValue(expression: Expression & { kind: 'case' }, scope: Scope): SqlValue {
  const subject = expression.operand ? evaluate(expression.operand, scope) : undefined;
  const chosen = expression.branches.find(({ when }) => {
    if (subject === undefined) return truth(when, scope) === true;
    const value = evaluate(when, scope);
    return subject !== null && value !== null && compare(subject, value) === 0;
  });
  const result = chosen?.result ?? expression.otherwise;
  return result ? convert(evaluate(result, scope), typeOf(expression, scope)) : null;
}

function onlyValue(rows: readonly (readonly SqlValue[])[]): SqlValue {
  if (rows.length > 1) {
    throw new SqlError(
      512,
      16,
      'Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, >= or when the subquery is used as an expression.',
    );
  }
  return rows[0]?.[0] ?? null;
}
