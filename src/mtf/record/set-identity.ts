// Which backups a medium holds, as one short text: stripes that belong together hold the same ones (mtf.md §11).
import { createHash } from 'node:crypto';

/** Long enough that two lists of backups do not share one by chance. */
const digits = 32;

export class SetIdentity {
  readonly #hash = createHash('sha256');
  #sets = 0;

  /** The next backup set, by its BackupSetGUID. */
  add(backupSetId = ''): void {
    this.#hash.update(`${backupSetId};`);
    this.#sets += 1;
  }

  /** Undefined when there was no set. */
  get value(): string | undefined {
    return this.#sets === 0 ? undefined : this.#hash.copy().digest('hex').slice(0, digits);
  }
}
