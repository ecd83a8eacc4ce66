// The type of an expression before any row is seen: result sets need it for COLMETADATA, even without rows.
import type { Expression } from './expression.ts';
import type { Scope } from './scope.ts';
import { commonType } from './sql-conversion.ts';
import { invalidColumn, SqlError, undeclaredVariable, unknownFunction } from './sql-error.ts';
import { findFunction, globalVariable } from './sql-function.ts';
import { bigintType, bitType, intType, nvarchar, type SqlType } from './sql-value.ts';

export const aggregates = ['COUNT', 'COUNT_BIG', 'SUM', 'MIN', 'MAX'];

export function typeOf(expression: Expression, scope: Scope): SqlType {
  switch (expression.kind) {
    case 'literal':
      return expression.typed.type;
    case 'variable':
      return variableType(expression.name, scope);
    case 'column':
      return columnType(expression, scope);
    case 'call':
      return callType(expression, scope);
    case 'cast':
      typeOf(expression.operand, scope);
      return expression.type;
    case 'negate':
    case 'invert':
      return typeOf(expression.operand, scope);
    case 'binary':
      return binaryType(expression, scope);
    case 'case':
      return caseType(expression, scope);
    case 'subquery':
      return scope.typeOfSubquery(expression.select);
    case 'not':
    case 'is-null':
    case 'in':
    case 'in-query':
    case 'between':
    case 'like':
    case 'exists':
      return bitType;
  }
}

function variableType(name: string, { session }: Scope): SqlType {
  const found = name.startsWith('@@')
    ? globalVariable(session, name)
    : session.variables.get(name.toLowerCase());
  if (!found) throw undeclaredVariable(name);
  return found.type;
}

function columnType(column: { table: string | undefined; name: string }, scope: Scope): SqlType {
  const found = scope.findColumn(column.table, column.name);
  if (!found) throw invalidColumn(column.name);
  return found;
}

function callType(call: Expression & { kind: 'call' }, scope: Scope): SqlType {
  const upper = call.name.toUpperCase();
  if (aggregates.includes(upper)) return aggregateType(upper, call.args, scope);
  const found = findFunction(call.name);
  if (!found) throw unknownFunction(call.name);
  checkCount(call.name, call.args.length, found.args);
  const types = call.args.map((arg) => typeOf(arg, scope));
  if (found.type === 'first') {
    const typed = call.args.findIndex((arg) => !isNullLiteral(arg));
    return types[Math.max(0, typed)] ?? intType;
  }
  if (found.type === 'second') return types[1] ?? intType;
  return found.type;
}

function checkCount(name: string, given: number, [least, most]: readonly [number, number]): void {
  if (given >= least && given <= most) return;
  const wanted = least === most ? `${least}` : `${least} to ${most}`;
  throw new SqlError(174, 15, `The ${name.toLowerCase()} function requires ${wanted} argument(s).`);
}

function aggregateType(name: string, args: readonly Expression[], scope: Scope): SqlType {
  if (name === 'COUNT') return intType;
  if (name === 'COUNT_BIG') return bigintType;
  const type = args[0] ? typeOf(args[0], scope) : intType;
  const isSmall = ['tinyint', 'smallint', 'bit'].includes(type.kind);
  return name === 'SUM' && isSmall ? intType : type;
}

function binaryType(
  { operator, left, right }: Expression & { kind: 'binary' },
  scope: Scope,
): SqlType {
  const types = [typeOf(left, scope), typeOf(right, scope)] as const;
  if (!'+-*/%&|^'.includes(operator)) return bitType;
  if (types[0].kind === 'nvarchar' && types[1].kind === 'nvarchar') {
    const isMax = types[0].length === 0 || types[1].length === 0;
    return nvarchar(isMax ? 0 : types[0].length + types[1].length);
  }
  return commonType(...types);
}

function caseType({ branches, otherwise }: Expression & { kind: 'case' }, scope: Scope): SqlType {
  const results = branches.map(({ result }) => result);
  if (otherwise) results.push(otherwise);
  const typed = results.filter((result) => !isNullLiteral(result));
  const types = (typed.length > 0 ? typed : results).map((result) => typeOf(result, scope));
  return types.reduce(commonType);
}

function isNullLiteral(expression: Expression): boolean {
  return expression.kind === 'literal' && expression.typed.value === null;
}
