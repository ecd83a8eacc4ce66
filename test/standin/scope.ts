// Where names are looked up while an expression is evaluated: the row at hand, then the enclosing query's.
import type { Select } from './expression.ts';
import type { Session } from './session.ts';
import type { SqlType, SqlValue } from './sql-value.ts';

export interface ScopeTable {
  readonly alias: string;
  readonly columns: Readonly<Record<string, SqlType>>;
  /** `undefined`: only types are asked, no row yet; `null`: the empty side of a LEFT JOIN. */
  readonly row: Readonly<Record<string, SqlValue>> | null | undefined;
}

export interface QueryRunner {
  typeOf(select: Select, scope: Scope): SqlType;
  rows(select: Select, scope: Scope): readonly (readonly SqlValue[])[];
}

export class Scope {
  readonly session: Session;
  readonly tables: readonly ScopeTable[];
  /** All rows of the query when an aggregate is asked. */
  readonly group: readonly Scope[] | undefined;
  readonly #outer: Scope | undefined;
  readonly #runner: QueryRunner;

  constructor(
    session: Session,
    runner: QueryRunner,
    tables: readonly ScopeTable[] = [],
    outer?: Scope,
    group?: readonly Scope[],
  ) {
    this.session = session;
    this.#runner = runner;
    this.tables = tables;
    this.#outer = outer;
    this.group = group;
  }

  with(tables: readonly ScopeTable[]): Scope {
    return new Scope(this.session, this.#runner, [...this.tables, ...tables], this.#outer);
  }

  /** A new query inside this one. */
  nested(): Scope {
    return new Scope(this.session, this.#runner, [], this);
  }

  grouped(group: readonly Scope[]): Scope {
    return new Scope(this.session, this.#runner, this.tables, this.#outer, group);
  }

  findColumn(table: string | undefined, name: string): SqlType | undefined {
    const found = this.#locate(table, name);
    return found?.table.columns[found.name];
  }

  valueOf(table: string | undefined, name: string): SqlValue {
    const found = this.#locate(table, name);
    return found?.table.row?.[found.name] ?? null;
  }

  typeOfSubquery(select: Select): SqlType {
    return this.#runner.typeOf(select, this.nested());
  }

  rowsOf(select: Select): readonly (readonly SqlValue[])[] {
    return this.#runner.rows(select, this.nested());
  }

  #locate(
    alias: string | undefined,
    name: string,
  ): { table: ScopeTable; name: string } | undefined {
    const wanted = name.toLowerCase();
    for (const table of this.tables) {
      const fits = alias === undefined || table.alias.toLowerCase() === alias.toLowerCase();
      if (fits && Object.hasOwn(table.columns, wanted)) return { table, name: wanted };
    }
    return this.#outer ? this.#outer.#locate(alias, name) : undefined;
  }
}
