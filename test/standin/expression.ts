// What the parser makes of T-SQL expressions and queries.
import type { SqlType, Typed } from './sql-value.ts';

export type BinaryOperator =
  | 'or'
  | 'and'
  | '='
  | '<>'
  | '<'
  | '>'
  | '<='
  | '>='
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '&'
  | '|'
  | '^';

export type Expression =
  | { readonly kind: 'literal'; readonly typed: Typed }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'column'; readonly table: string | undefined; readonly name: string }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly args: readonly Expression[];
      readonly star: boolean;
    }
  | {
      readonly kind: 'cast';
      readonly operand: Expression;
      readonly type: SqlType;
      readonly style: Expression | undefined;
      readonly lenient: boolean;
    }
  | { readonly kind: 'not' | 'negate' | 'invert'; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'is-null'; readonly operand: Expression }
  | { readonly kind: 'in'; readonly operand: Expression; readonly list: readonly Expression[] }
  | { readonly kind: 'in-query'; readonly operand: Expression; readonly select: Select }
  | {
      readonly kind: 'between';
      readonly operand: Expression;
      readonly low: Expression;
      readonly high: Expression;
    }
  | { readonly kind: 'like'; readonly operand: Expression; readonly pattern: Expression }
  | {
      readonly kind: 'case';
      readonly operand: Expression | undefined;
      readonly branches: readonly { readonly when: Expression; readonly result: Expression }[];
      readonly otherwise: Expression | undefined;
    }
  | { readonly kind: 'subquery'; readonly select: Select }
  | { readonly kind: 'exists'; readonly select: Select };

export type SelectItem =
  | { readonly kind: 'star'; readonly table: string | undefined }
  | { readonly kind: 'value'; readonly expression: Expression; readonly alias: string }
  | { readonly kind: 'assign'; readonly variable: string; readonly expression: Expression };

export interface TableSource {
  /** Lower-case `schema.object`; a database prefix stands in `database`. */
  readonly table: string;
  /** As written, for Msg 208. */
  readonly written: string;
  readonly alias: string;
  readonly args: readonly Expression[] | undefined;
}

export interface Join {
  readonly kind: 'inner' | 'left' | 'cross';
  readonly source: TableSource;
  readonly on: Expression | undefined;
}

export interface Select {
  readonly items: readonly SelectItem[];
  readonly from: TableSource | undefined;
  readonly joins: readonly Join[];
  readonly where: Expression | undefined;
  readonly orderBy: readonly { readonly expression: Expression; readonly descending: boolean }[];
  readonly top: Expression | undefined;
  readonly distinct: boolean;
}
