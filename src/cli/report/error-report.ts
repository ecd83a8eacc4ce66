// Any thrown value -> what a person and a machine need to know about it: words, hints, exit code.

import { Failure, type FailureData } from '../../base/errors.ts';
import { exitCodes, type FailureCode } from '../../base/failure-codes.ts';
import { shortageOf } from '../../base/shortage.ts';
import { oneLine } from './output.ts';

type Scrub = (text: string) => string;

export interface ErrorReport {
  readonly exitCode: number;
  /** Stable name for machines. */
  readonly code: FailureCode;
  /** What failed and why, in one line. */
  readonly message: string;
  /** What is underneath, outermost first. */
  readonly causes: readonly string[];
  readonly hints: readonly string[];
  readonly data?: FailureData;
  /** Only of errors nobody expected. */
  readonly stack?: string;
}

/** Causes of causes that are told; a chain that is longer, or a circle, says nothing new. */
const maxCauses = 10;

/** `scrub` comes before whitespace is put in order: a secret may hold some. */
export function errorReport(thrown: unknown, scrub: Scrub = (text) => text): ErrorReport {
  const words: Scrub = (text) => oneLine(scrub(text));
  if (thrown instanceof Failure && thrown.kind !== 'unclassified') return expected(thrown, words);
  const shortage = shortageOf(thrown);
  if (shortage) return expected(shortage, words);
  return thrown instanceof Failure ? expected(thrown, words) : unexpected(thrown, words);
}

function expected(failure: Failure, words: Scrub): ErrorReport {
  return {
    exitCode: exitCodes[failure.kind],
    code: failure.code,
    message: words(failure.message),
    causes: causesOf(failure, words),
    hints: failure.hints.map(words),
    ...(failure.data && { data: failure.data }),
  };
}

function unexpected(thrown: unknown, words: Scrub): ErrorReport {
  const said = words(thrown instanceof Error ? thrown.message : shown(thrown));
  return {
    exitCode: exitCodes.unclassified,
    code: 'internal-error',
    message: said.startsWith('internal error') ? said : `internal error: ${said}`,
    causes: causesOf(thrown, words),
    hints: ['This is a defect of vdibackup: please report it together with these lines.'],
    ...(thrown instanceof Error && thrown.stack ? { stack: thrown.stack } : {}),
  };
}

function causesOf(thrown: unknown, words: Scrub): string[] {
  const causes: string[] = [];
  const seen = new Set<unknown>([thrown]);
  const waiting = beneath(thrown);
  while (waiting.length > 0 && causes.length < maxCauses) {
    const cause = waiting.shift();
    if (seen.has(cause)) continue;
    seen.add(cause);
    const text = words(cause instanceof Error ? cause.message : shown(cause));
    if (text !== '' && !causes.includes(text)) causes.push(text);
    waiting.unshift(...beneath(cause));
  }
  return causes;
}

function beneath(thrown: unknown): unknown[] {
  if (!(thrown instanceof Error)) return [];
  const several = thrown instanceof AggregateError ? thrown.errors : [];
  return thrown.cause === undefined ? several : [thrown.cause, ...several];
}

function shown(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    return JSON.stringify(value) ?? 'an unprintable value';
  } catch {
    return 'an unprintable value';
  }
}
