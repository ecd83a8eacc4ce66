// Which backups a medium holds, as one short text: stripes that belong together hold the same ones
// (docs/mtf.md, "What stripes agree on").
import { createHash } from 'node:crypto';

/** Long enough that two lists of backups do not share one by chance. */
const digits = 32;
/** Characters hashed at a time: a call for each of millions of sets takes longer than all the rest. */
const batch = 4096;

export class SetIdentity {
  readonly #hash = createHash('sha256');
  #pending = '';
  #sets = 0;

  /** The next backup set, by its BackupSetGUID. */
  add(backupSetId = ''): void {
    this.#pending += `${backupSetId};`;
    this.#sets += 1;
    if (this.#pending.length < batch) return;
    this.#hash.update(this.#pending);
    this.#pending = '';
  }

  /** Undefined when there was no set. */
  get value(): string | undefined {
    return this.#sets === 0
      ? undefined
      : this.#hash.copy().update(this.#pending).digest('hex').slice(0, digits);
  }
}
