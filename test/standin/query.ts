// SELECT carried out: nested loops over the catalog, then filter, aggregate, sort, project.
import { findTable } from './catalog.ts';
import { evaluate, truth } from './evaluator.ts';
import type { Expression, Join, Select, SelectItem, TableSource } from './expression.ts';
import { aggregates, typeOf } from './expression-type.ts';
import { remoteTable } from './impersonation.ts';
import { type QueryRunner, Scope, type ScopeTable } from './scope.ts';
import type { Session } from './session.ts';
import { compare } from './sql-conversion.ts';
import { invalidObject, SqlError } from './sql-error.ts';
import type { SqlType, SqlValue } from './sql-value.ts';
import type { Column } from './tokens.ts';

export interface QueryResult {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly SqlValue[])[];
}

const runner: QueryRunner = {
  typeOf: (select, scope) =>
    columnsOf(select, typeScope(select, scope))[0]?.type ?? { kind: 'int' },
  rows: (select, scope) => run(select, scope).rows,
};

export function sessionScope(session: Session): Scope {
  return new Scope(session, runner);
}

export function runSelect(select: Select, session: Session): QueryResult {
  return run(select, sessionScope(session));
}

function run(select: Select, scope: Scope): QueryResult {
  const columns = columnsOf(select, typeScope(select, scope));
  let scopes = joinedRows(select, scope);
  const { where } = select;
  if (where) scopes = scopes.filter((row) => truth(where, row) === true);
  if (isAggregate(select)) scopes = [scope.grouped(scopes)];
  scopes = sorted(select, scopes);
  let rows = scopes.map((row) => projected(select.items, row));
  if (select.distinct) rows = distinct(rows);
  if (select.top) rows = rows.slice(0, Number(evaluate(select.top, scope)));
  return { columns, rows };
}

function tableOf(source: TableSource, session: Session) {
  const table = findTable(source.table) ?? remoteTable(source, session);
  if (!table) throw invalidObject(source.written);
  return table;
}

function typeScope(select: Select, scope: Scope): Scope {
  const sources = [select.from, ...select.joins.map((join) => join.source)];
  const tables = sources
    .filter((source) => source !== undefined)
    .map(
      (source): ScopeTable => ({
        alias: source.alias,
        columns: tableOf(source, scope.session).columns,
        row: undefined,
      }),
    );
  return scope.with(tables);
}

function joinedRows(select: Select, scope: Scope): Scope[] {
  if (!select.from) return [scope];
  let rows = sourceRows(select.from, scope).map((table) => scope.with([table]));
  for (const join of select.joins) rows = rows.flatMap((row) => joined(join, row));
  return rows;
}

function sourceRows(source: TableSource, scope: Scope): ScopeTable[] {
  const { columns, rows } = tableOf(source, scope.session);
  return rows(scope.session).map((row) => ({ alias: source.alias, columns, row }));
}

function joined({ kind, source, on }: Join, left: Scope): Scope[] {
  const matches = sourceRows(source, left)
    .map((table) => left.with([table]))
    .filter((row) => !on || truth(on, row) === true);
  if (matches.length > 0 || kind !== 'left') return matches;
  return [
    left.with([{ alias: source.alias, columns: tableOf(source, left.session).columns, row: null }]),
  ];
}

function columnsOf(select: Select, scope: Scope): Column[] {
  if (select.where) typeOf(select.where, scope);
  return select.items.flatMap((item): Column[] => {
    if (item.kind === 'star') return starColumns(item.table, scope);
    const name = item.kind === 'value' ? item.alias : '';
    return [{ name, type: typeOf(item.expression, scope) }];
  });
}

function starColumns(alias: string | undefined, scope: Scope): Column[] {
  if (scope.tables.length === 0) throw new SqlError(263, 16, 'Must specify table to select from.');
  return chosen(scope, alias).flatMap(({ columns }) =>
    Object.entries(columns).map(([name, type]: [string, SqlType]) => ({ name, type })),
  );
}

function projected(items: readonly SelectItem[], scope: Scope): SqlValue[] {
  return items.flatMap((item): SqlValue[] => {
    if (item.kind !== 'star') return [evaluate(item.expression, scope)];
    return chosen(scope, item.table).flatMap(({ columns, row }) =>
      Object.keys(columns).map((name) => row?.[name] ?? null),
    );
  });
}

function chosen(scope: Scope, alias: string | undefined): ScopeTable[] {
  return scope.tables.filter(
    (table) => alias === undefined || table.alias.toLowerCase() === alias.toLowerCase(),
  );
}

function isAggregate({ items }: Select): boolean {
  return items.some((item) => item.kind !== 'star' && holdsAggregate(item.expression));
}

function holdsAggregate(expression: Expression): boolean {
  if (expression.kind === 'call' && aggregates.includes(expression.name.toUpperCase())) return true;
  if (expression.kind === 'subquery' || expression.kind === 'exists') return false;
  return Object.values(expression).some((part: unknown) => {
    if (Array.isArray(part)) return part.some((one) => isExpression(one) && holdsAggregate(one));
    return isExpression(part) && holdsAggregate(part);
  });
}

function isExpression(part: unknown): part is Expression {
  return typeof part === 'object' && part !== null && 'kind' in part;
}

function sorted(select: Select, scopes: readonly Scope[]): Scope[] {
  return [...scopes].sort((a, b) => {
    for (const { expression, descending } of select.orderBy) {
      const target = orderTarget(select, expression);
      const order = compareNullable(evaluate(target, a), evaluate(target, b));
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  });
}

// ORDER BY may name an alias or a position of the select list.
function orderTarget({ items }: Select, expression: Expression): Expression {
  const found = items.find((item, index) => {
    if (item.kind !== 'value') return false;
    if (expression.kind === 'literal') return expression.typed.value === index + 1;
    return expression.kind === 'column' && item.alias === expression.name;
  });
  return found?.kind === 'value' ? found.expression : expression;
}

function compareNullable(a: SqlValue, b: SqlValue): number {
  if (a === null || b === null) return Number(b === null) - Number(a === null);
  return compare(a, b);
}

function distinct(rows: SqlValue[][]): SqlValue[][] {
  const seen = new Map(rows.map((row) => [row.map(String).join('\u0000'), row]));
  return [...seen.values()];
}
