// What the verification of one file has found wrong, as the report tells it.

import { asError, Failure } from '../../base/errors.ts';
import type { Damage } from './verify-report.ts';

/** Damages told one by one; a file that is bad all over needs no more. */
const maxDamages = 100;

/** Counts all, keeps the first. */
export class Findings {
  readonly #damage: Damage[] = [];
  readonly #onDamage: (damage: Damage) => void;
  #omitted = 0;

  constructor(onDamage: (damage: Damage) => void) {
    this.#onDamage = onDamage;
  }

  get none(): boolean {
    return this.#damage.length === 0;
  }

  add(damage: Damage): void {
    if (this.#damage.length >= maxDamages) {
      this.#omitted += 1;
      return;
    }
    this.#damage.push(damage);
    this.#onDamage(damage);
  }

  report(): { damage: readonly Damage[]; damageOmitted?: number } {
    const omitted = this.#omitted > 0 ? { damageOmitted: this.#omitted } : {};
    return { damage: this.#damage, ...omitted };
  }
}

/** What was thrown about a file as a finding; thrown again when it is none. */
export function finding(thrown: unknown): Damage {
  if (!(thrown instanceof Failure) || thrown.kind !== 'integrity') throw asError(thrown);
  const { code, message, offset, hints } = thrown;
  const [hint] = hints;
  return { code, message, ...(offset !== undefined && { offset }), ...(hint && { hint }) };
}
