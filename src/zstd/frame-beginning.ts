// The first bytes of each frame of a stream that is decompressed in pieces, which may cut them anywhere.
import { isOurs, ourBeginningBytes } from './skippable-frame.ts';

export class FrameBeginning {
  readonly #bytes = new Uint8Array(ourBeginningBytes);
  #have = 0;

  /** Of the next bytes of a frame, its last ones if `ends`: whether it is a part of an archive of ours, once that is seen. */
  isStray(bytes: Uint8Array, ends: boolean): boolean {
    const missing = this.#bytes.subarray(this.#have);
    missing.set(bytes.subarray(0, missing.length));
    this.#have += Math.min(bytes.length, missing.length);
    const whole = missing.length > 0 && this.#have === this.#bytes.length;
    if (ends) this.#have = 0;
    return whole && isOurs(this.#bytes);
  }
}
