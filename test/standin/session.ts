// What belongs to one connection: who, where, which database, variables. Plain data.
import type { Impersonation } from './impersonation.ts';
import type { Instance } from './instance.ts';
import type { Login } from './login7.ts';
import type { Typed } from './sql-value.ts';

export interface Session {
  readonly id: number;
  readonly instance: Instance;
  readonly login: Login;
  readonly encrypted: boolean;
  database: string;
  /** Set while EXECUTE AS USER is in force: nothing outside of its database can be reached. */
  impersonation?: Impersonation | undefined;
  transactions: number;
  rowCount: number;
  lastError: number;
  /** Lower-case names with their `@`. */
  variables: Map<string, Typed>;
}
