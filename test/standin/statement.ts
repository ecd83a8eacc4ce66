// The statements the stand-in carries out.
import type { Expression, Select } from './expression.ts';

export type DeviceOperation =
  | 'BACKUP DATABASE'
  | 'BACKUP LOG'
  | 'RESTORE DATABASE'
  | 'RESTORE LOG'
  | 'RESTORE FILELIST'
  | 'RESTORE HEADERONLY'
  | 'RESTORE LABELONLY'
  | 'VERIFY DATABASE';

/** A WITH option's value: `true` for a bare word, a literal or variable, or the words inside parentheses. */
export type OptionValue =
  | true
  | { readonly expression: Expression }
  | { readonly words: readonly string[] };

export interface DeviceClause {
  readonly kind: string;
  readonly name: Expression;
}

export interface FileMove {
  readonly logicalName: Expression;
  readonly target: Expression;
}

export interface DeviceStatement {
  readonly kind: 'device';
  readonly operation: DeviceOperation;
  readonly database: Expression | undefined;
  readonly devices: readonly DeviceClause[];
  readonly options: ReadonlyMap<string, OptionValue>;
  readonly moves: readonly FileMove[];
}

/** DBCC CHECKDB or CHECKCATALOG. */
export interface CheckStatement {
  readonly kind: 'check';
  readonly command: 'CHECKDB' | 'CHECKCATALOG';
  readonly database: Expression | undefined;
  /** In upper case; with `MAXDOP` its number. */
  readonly options: ReadonlyMap<string, number | undefined>;
}

export type Statement =
  | { readonly kind: 'select'; readonly select: Select }
  | { readonly kind: 'set-option' }
  | {
      readonly kind: 'declare';
      readonly variables: readonly {
        readonly name: string;
        readonly type: import('./sql-value.ts').SqlType;
        readonly value: Expression | undefined;
      }[];
    }
  | { readonly kind: 'assign'; readonly variable: string; readonly value: Expression }
  | { readonly kind: 'use'; readonly database: string }
  | { readonly kind: 'print'; readonly value: Expression }
  | { readonly kind: 'waitfor'; readonly delay: Expression }
  | { readonly kind: 'transaction'; readonly action: 'begin' | 'commit' | 'rollback' }
  | { readonly kind: 'drop-database'; readonly names: readonly string[]; readonly lenient: boolean }
  | { readonly kind: 'alter-database'; readonly name: string; readonly words: readonly string[] }
  | { readonly kind: 'execute-as'; readonly user: string; readonly noRevert: boolean }
  | { readonly kind: 'revert' }
  | { readonly kind: 'alter-authorization'; readonly database: string; readonly owner: string }
  | CheckStatement
  | { readonly kind: 'execute'; readonly procedure: string; readonly args: readonly Expression[] }
  | {
      readonly kind: 'if';
      readonly condition: Expression;
      readonly whenTrue: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | DeviceStatement;
