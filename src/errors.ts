// The vocabulary of failure: one class for everything that can be expected to go wrong, and the one
// table from kind to process exit code. Not here: the words a user reads (cli/error-report.ts).

/**
 * Exit codes of the program, a stable interface (README, `--help`).
 * A script must treat a code it does not know as a failure.
 */
export const exitCodes = {
  unclassified: 1,
  usage: 2,
  'some-databases-failed': 3,
  connection: 4,
  environment: 5,
  'database-state': 6,
  'sql-statement': 7,
  io: 8,
  integrity: 9,
  drill: 10,
  locked: 11,
  stalled: 12,
  interrupted: 130,
  terminated: 143,
} as const;

export type FailureKind = keyof typeof exitCodes;

export interface FailureOptions {
  /** Sentences that say what to do next, most likely first. */
  hints?: readonly string[];
  /** What is underneath; its words are shown as "caused by". */
  cause?: unknown;
  /** Win32 code with which an outstanding device command is completed (vdi-contract: completion codes are Win32). */
  win32?: number;
}

/**
 * An expected failure: `kind` decides the exit code, `code` is a stable kebab-case name for machines,
 * `message` says what failed and why (lower case, no final period), `hints` say what to do next.
 */
export class Failure extends Error {
  readonly kind: FailureKind;
  readonly code: string;
  readonly hints: readonly string[];
  readonly win32: number | undefined;

  constructor(kind: FailureKind, code: string, message: string, options: FailureOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'Failure';
    this.kind = kind;
    this.code = code;
    this.hints = options.hints ?? [];
    this.win32 = options.win32;
  }
}

/** What of a failure crosses threads: its cause stays behind. */
export type FailureFields = Pick<Failure, 'kind' | 'code' | 'message' | 'hints' | 'win32'>;

export function failureFields({ kind, code, message, hints, win32 }: Failure): FailureFields {
  return { kind, code, message, hints, win32 };
}

export function failureOf({ kind, code, message, hints, win32 }: FailureFields): Failure {
  return new Failure(kind, code, message, { hints, ...(win32 !== undefined && { win32 }) });
}

/** A broken promise inside the program itself: keeps its stack, never polite. */
export function internalError(expected: string, actual: unknown): Error {
  return new Error(`internal error: expected ${expected}, but was ${String(actual)}`);
}

/** Any thrown value as an Error, so that `cause` chains stay uniform. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
