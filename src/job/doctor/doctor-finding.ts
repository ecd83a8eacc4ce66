// The few ways in which a finding comes about.

import { Failure } from '../../base/errors.ts';
import type { Finding } from './doctor-report.ts';

export function ok(check: string, message: string): Finding {
  return { check, level: 'ok', code: 'ok', message };
}

/** What it depends on is not there; the finding of that says what to do. */
export function notChecked(check: string, why: string): Finding {
  return unknown(check, 'not-checked', `not checked: ${why}`);
}

export function problem(check: string, code: string, message: string): Finding {
  return { check, level: 'problem', code, message };
}

/** Nobody says it. */
export function unknown(check: string, code: string, message: string): Finding {
  return { check, level: 'unknown', code, message };
}

/** A backup would end with this failure. */
export function failed(check: string, { code, message, hints }: Failure): Finding {
  return { ...problem(check, code, message), ...(hints.length > 0 && { hints }) };
}

/** `good` where `judge` finds nothing; the failure it throws otherwise. */
export function judged(check: string, judge: () => void, good: string): Finding {
  try {
    judge();
    return ok(check, good);
  } catch (thrown) {
    return failed(check, expected(thrown));
  }
}

/** The failure that was thrown; whatever nobody expected goes on. */
export function expected(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  throw thrown;
}
