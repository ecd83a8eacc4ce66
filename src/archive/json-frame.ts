// A skippable frame whose content is one JSON object in UTF-8, and typed access to what an untrusted one
// says. Header and trailer are such frames; what their fields mean is in header.ts and trailer.ts.

import { damaged } from '../storage/io-failure.ts';
import {
  archiveFrameMagic,
  decodeSkippableHead,
  encodeSkippableHead,
  skippableHeadBytes,
} from '../zstd/skippable-frame.ts';
import { isJsonSound, sealJson } from './json-checksum.ts';

/** The format version this program writes, and the only one it reads. */
export const archiveVersion = 1;
const space = 0x20;

/**
 * `json` as a skippable frame of its natural size, or of exactly `frameBytes` (padded with blanks behind
 * the JSON); its checksum is filled in where it has a place for one. Throws RangeError when it does not fit.
 */
export function encodeJsonFrame(json: string, frameBytes?: number): Uint8Array {
  const text = new TextEncoder().encode(json);
  const size = frameBytes ?? skippableHeadBytes + text.length;
  if (skippableHeadBytes + text.length > size) {
    throw new RangeError(
      `internal error: expected JSON of at most ${size} bytes, but was ${text.length}`,
    );
  }
  const frame = new Uint8Array(size).fill(space);
  const contentBytes = size - skippableHeadBytes;
  frame.set(encodeSkippableHead({ magic: archiveFrameMagic, contentBytes }));
  frame.set(text, skippableHeadBytes);
  sealJson(frame.subarray(skippableHeadBytes));
  return frame;
}

/**
 * The object in a whole frame (head included). Failure `integrity` when it is longer than `maxFrameBytes`,
 * cut short, not what was sealed, not UTF-8, not JSON, not an object, or of another format version.
 * @param part `header` or `trailer`, for the words of a failure
 */
export function decodeJsonFrame(
  frame: Uint8Array,
  maxFrameBytes: number,
  part: string,
  file: string,
): JsonFields {
  const head = decodeSkippableHead(frame, file);
  const size = skippableHeadBytes + head.contentBytes;
  if (head.magic !== archiveFrameMagic || size > maxFrameBytes || size > frame.length) {
    throw damaged(file, `its ${part} is not a frame of at most ${maxFrameBytes} bytes`);
  }
  const content = frame.subarray(skippableHeadBytes, size);
  if (!isJsonSound(content)) throw damaged(file, `its ${part} does not have its checksum`);
  const fields = new JsonFields(parse(content), part, file);
  const version = fields.integer('vdibackup', 1, Number.MAX_SAFE_INTEGER);
  if (version === archiveVersion) return fields;
  throw damaged(file, `its format version is ${version}, this program knows 1`, {
    code: 'archive-version',
  });
}

function parse(text: Uint8Array): unknown {
  try {
    // Copied: TextDecoder refuses views on shared memory.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text.slice()));
  } catch {
    return undefined;
  }
}

/** One untrusted JSON object; every getter throws Failure `integrity` for a value of another type or range. */
export class JsonFields {
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #part: string;
  readonly #file: string;

  constructor(value: unknown, part: string, file: string) {
    this.#part = part;
    this.#file = file;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw damaged(file, `its ${part} is not a JSON object`);
    }
    this.#object = value as Readonly<Record<string, unknown>>;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#object, key);
  }

  /** Of at most `most` UTF-16 units. */
  string(key: string, most = Number.POSITIVE_INFINITY): string {
    const value = this.#own(key);
    return typeof value === 'string' && value.length <= most ? value : this.#wrong(key);
  }

  boolean(key: string): boolean {
    const value = this.#own(key);
    return typeof value === 'boolean' ? value : this.#wrong(key);
  }

  integer(key: string, min: number, max: number): number {
    const value = this.#own(key);
    const fits =
      Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
    return fits ? (value as number) : this.#wrong(key);
  }

  /** A finite number of any size and sign. */
  number(key: string): number {
    const value = this.#own(key);
    return Number.isFinite(value) ? (value as number) : this.#wrong(key);
  }

  oneOf<T extends string>(key: string, known: readonly T[]): T {
    const value = this.#own(key);
    return known.find((one) => one === value) ?? this.#wrong(key);
  }

  object(key: string): JsonFields {
    return new JsonFields(this.#own(key), `${this.#part} (${key})`, this.#file);
  }

  objects(key: string): JsonFields[] {
    const value = this.#own(key);
    if (!Array.isArray(value)) return this.#wrong(key);
    return value.map((one) => new JsonFields(one, `${this.#part} (${key})`, this.#file));
  }

  keys(): string[] {
    return Object.keys(this.#object);
  }

  #own(key: string): unknown {
    return Object.hasOwn(this.#object, key) ? this.#object[key] : undefined;
  }

  #wrong(key: string): never {
    throw damaged(this.#file, `"${key}" of its ${this.#part} is missing or has a wrong value`);
  }
}
