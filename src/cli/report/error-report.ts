// Any thrown value -> what a person and a machine need to know about it: words, hints, exit code.

import { exitCodes, Failure } from '../../errors.js';
import { oneLine } from './output.js';

export interface ErrorReport {
  readonly exitCode: number;
  /** Stable name for machines. */
  readonly code: string;
  /** What failed and why, in one line. */
  readonly message: string;
  /** What is underneath, outermost first. */
  readonly causes: readonly string[];
  readonly hints: readonly string[];
  /** Only of errors nobody expected. */
  readonly stack?: string;
}

/** Causes of causes that are told; a chain that is longer, or a circle, says nothing new. */
const maxCauses = 10;

export function errorReport(thrown: unknown): ErrorReport {
  return thrown instanceof Failure ? expected(thrown) : unexpected(thrown);
}

function expected(failure: Failure): ErrorReport {
  return {
    exitCode: exitCodes[failure.kind],
    code: failure.code,
    message: oneLine(failure.message),
    causes: causesOf(failure),
    hints: failure.hints.map(oneLine),
  };
}

function unexpected(thrown: unknown): ErrorReport {
  const words = oneLine(thrown instanceof Error ? thrown.message : printable(thrown));
  return {
    exitCode: exitCodes.unclassified,
    code: 'internal-error',
    message: words.startsWith('internal error') ? words : `internal error: ${words}`,
    causes: causesOf(thrown),
    hints: ['This is a defect of vdibackup: please report it together with these lines.'],
    ...(thrown instanceof Error && thrown.stack ? { stack: thrown.stack } : {}),
  };
}

function causesOf(thrown: unknown): string[] {
  const words: string[] = [];
  const seen = new Set<unknown>([thrown]);
  const waiting = beneath(thrown);
  while (waiting.length > 0 && words.length < maxCauses) {
    const cause = waiting.shift();
    if (seen.has(cause)) continue;
    seen.add(cause);
    const text = oneLine(cause instanceof Error ? cause.message : printable(cause));
    if (text !== '' && !words.includes(text)) words.push(text);
    waiting.unshift(...beneath(cause));
  }
  return words;
}

function beneath(thrown: unknown): unknown[] {
  if (!(thrown instanceof Error)) return [];
  const several = thrown instanceof AggregateError ? thrown.errors : [];
  return thrown.cause === undefined ? several : [thrown.cause, ...several];
}

function printable(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    return JSON.stringify(value) ?? 'an unprintable value';
  } catch {
    return 'an unprintable value';
  }
}
