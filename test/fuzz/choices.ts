// The bytes of an input as decisions, so that a fuzzer that changes bytes changes what is built of them.

/** Where readers go wrong: at the ends of fields, of their own limits and of JavaScript's numbers. */
const edges = [
  ...[0, 1, 2, 3, 7, 8, 9, 12, 13, 20, 52, 255, 256, 257, 511, 512, 513, 4096, 65_535, 65_536],
  ...[2 ** 20, 2 ** 20 + 1, 2 ** 22, 2 ** 22 + 1, 2 ** 25, 2 ** 25 + 1, 2 ** 27 - 1, 2 ** 27],
  ...[2 ** 27 + 1, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53],
];

export class Choices {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** 0 behind the end. */
  byte(): number {
    const value = this.#bytes[this.#at] ?? 0;
    this.#at += 1;
    return value;
  }

  /** 0 to `most`, which is below 2^16. */
  upTo(most: number): number {
    return (this.byte() * 256 + this.byte()) % (most + 1);
  }

  /** One time in `times`; never behind the end. */
  rarely(times: number): boolean {
    return this.byte() % times === 1;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.byte() % from.length] as T;
  }

  /** Any size: an edge, one beside it, or a small one. */
  number(): number {
    const choice = this.byte();
    return choice < 0xc0 ? (edges[choice % edges.length] as number) : this.upTo(4096);
  }

  /** `right`, mostly. */
  perhaps(right: number): number {
    return this.rarely(4) ? this.number() : right;
  }

  list<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.byte() % (most + 1) }, make);
  }
}
