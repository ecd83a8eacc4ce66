// The vocabulary of failure: one class for everything that can be expected to go wrong. Its codes and exit codes are in
// failure-codes.ts. Not here: the words a user reads (cli/report/error-report.ts).

import { type FailureCode, type FailureKind, kindOf, shownCode } from './failure-codes.ts';

interface FailureOptions {
  /** Sentences that say what to do next, most likely first. */
  hints?: readonly string[];
  /** What is underneath; its words are shown as "caused by". */
  cause?: unknown;
  /** Win32 code with which an outstanding device command is completed (docs/glossary.md, "completion"). */
  win32?: number | undefined;
  /** Byte of the file that is read. */
  offset?: number | undefined;
  /** Facts for machines that are in the message only as words; part of the `--json` error event. */
  data?: FailureData | undefined;
}

export interface FailureData {
  /** Full paths of files that were kept because SQL Server may count on them. */
  readonly unconfirmed?: readonly string[];
  readonly setId?: string;
}

/** What of a failure crosses threads: its cause stays behind. */
export interface FailureFields extends Pick<Failure, 'message' | 'hints' | 'win32' | 'offset'> {
  readonly row: FailureCode;
}

/**
 * An expected failure: `kind` decides the exit code, `code` is a stable kebab-case name for machines,
 * `message` says what failed and why (lower case, no final period), `hints` say what to do next.
 */
export class Failure extends Error {
  readonly kind: FailureKind;
  readonly code: FailureCode;
  readonly hints: readonly string[];
  readonly win32: number | undefined;
  readonly offset: number | undefined;
  readonly data: FailureData | undefined;
  /** Of the table: `code` may be shown of several. */
  readonly #row: FailureCode;

  constructor(code: FailureCode, message: string, options: FailureOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'Failure';
    this.kind = kindOf(code);
    this.code = shownCode(code);
    this.hints = options.hints ?? [];
    this.win32 = options.win32;
    this.offset = options.offset;
    this.data = options.data;
    this.#row = code;
  }

  /** The same failure, so with the same exit code, but for what is named. */
  with({ code, message, ...options }: FailureChange): Failure {
    const { hints, cause, win32, offset, data } = this;
    const kept = { hints, cause, win32, offset, data };
    return new Failure(code ?? this.#row, message ?? this.message, { ...kept, ...options });
  }

  get fields(): FailureFields {
    const { message, hints, win32, offset } = this;
    return { row: this.#row, message, hints, win32, offset };
  }
}

interface FailureChange extends FailureOptions {
  readonly code?: FailureCode;
  readonly message?: string;
}

export function failureOf({ row, message, ...options }: FailureFields): Failure {
  return new Failure(row, message, options);
}

/** A broken promise inside the program itself: keeps its stack, never polite. */
export function internalError(expected: string, actual: unknown): Error {
  return new Error(`internal error: expected ${expected}, but was ${String(actual)}`);
}

/** Closes a switch over a closed union: a new member breaks the build here. */
export function unreachable(value: never): never {
  throw internalError('a member of a closed union', JSON.stringify(value));
}

/** Any thrown value as an Error, so that `cause` chains stay uniform. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
