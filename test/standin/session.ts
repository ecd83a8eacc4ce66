// What belongs to one connection: who, where, which database, variables. Plain data.
import type { Instance } from './instance.js';
import type { Login } from './login7.js';
import type { Typed } from './sql-value.js';

export interface Session {
  readonly id: number;
  readonly instance: Instance;
  readonly login: Login;
  readonly encrypted: boolean;
  database: string;
  transactions: number;
  rowCount: number;
  lastError: number;
  /** Lower-case names with their `@`. */
  variables: Map<string, Typed>;
}
