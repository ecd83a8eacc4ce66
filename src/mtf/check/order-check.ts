// Checks that the blocks of a backup stream are all there, in the order they were written, as they pass by. Each block
// fits into the framing wherever it stands; what numbers and lists them tells when some are missing or come twice.

import type { BlockHeader } from '../block.ts';
import { FilemarkOrder } from './filemark-order.ts';

/** Blocks in front of and behind the data of a set have no numbers. */
const unnumbered = ['TAPE', 'SFMB', 'ESET'];

export interface OrderDamage {
  readonly code: 'block-order' | 'second-media';
  readonly message: string;
  readonly rawOffset: number;
}

export class MtfOrderCheck {
  readonly #onDamage: (damage: OrderDamage) => void;
  /** Number that the next block of the set has. */
  #nextBlock = 0;
  /** Position in the medium of the set seen last. */
  #lastSet = 0;
  #filemarks = new FilemarkOrder(0);

  constructor(onDamage: (damage: OrderDamage) => void) {
    this.#onDamage = onDamage;
  }

  block({ type, controlBlock }: BlockHeader, rawOffset: number): void {
    if (type === 'TAPE') this.#medium(rawOffset);
    if (unnumbered.includes(type)) return;
    const expected = type === 'SSET' ? 0 : this.#nextBlock;
    this.#nextBlock = controlBlock + 1;
    if (controlBlock === expected) return;
    const expectation = `where block ${expected} was expected`;
    this.#misplaced(`block ${controlBlock} of its backup set ${expectation}`, rawOffset);
  }

  /** A filemark, whole. */
  filemark(mark: Uint8Array, rawOffset: number): void {
    const contradiction = this.#filemarks.next(mark, rawOffset);
    if (contradiction) this.#onDamage({ code: 'block-order', ...contradiction });
  }

  /** More than one: backups that were copied into one file, one behind the other. */
  #medium(rawOffset: number): void {
    this.#lastSet = 0;
    this.#filemarks = new FilemarkOrder(rawOffset);
    if (rawOffset === 0) return;
    const message = `at byte ${rawOffset} another medium begins: SQL Server reads only what stands before it`;
    this.#onDamage({ code: 'second-media', message, rawOffset });
  }

  /** The start of a set, which says its position in the medium; 0 when it does not. */
  set(position: number, rawOffset: number): void {
    const expected = this.#lastSet + 1;
    this.#lastSet = position;
    if (position !== expected && position > 0)
      this.#misplaced(`backup set ${position}, where ${expected} was expected`, rawOffset);
  }

  #misplaced(what: string, rawOffset: number): void {
    this.#onDamage({ code: 'block-order', message: `at byte ${rawOffset} is ${what}`, rawOffset });
  }
}
