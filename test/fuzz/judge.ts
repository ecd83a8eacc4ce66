// What a reader may do with bytes it does not like: throw a `Failure` of the kinds its documentation names. Anything
// else that is thrown is a finding.

import { Failure } from '../../src/base/errors.ts';
import type { FailureKind } from '../../src/base/failure-codes.ts';

/** What `step` gives; undefined when it refuses the input in an allowed way. */
export function unlessRefused<T>(kind: FailureKind, step: () => T): T | undefined {
  try {
    return step();
  } catch (thrown) {
    return refused(kind, thrown);
  }
}

/** The same for a step that takes its time. */
export async function unlessRejected<T>(
  kind: FailureKind,
  step: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await step();
  } catch (thrown) {
    return refused(kind, thrown);
  }
}

function refused(kind: FailureKind, thrown: unknown): undefined {
  if (thrown instanceof Failure && thrown.kind === kind) return undefined;
  throw thrown;
}
