// The checksum of a JSON frame: the last member of its object, "crc32", so that any reader of JSON can step over it.
// It is over the whole content, blanks behind the JSON included, with eight zeros in the place of its own digits.

import { crc32 } from 'node:zlib';

/** What the member holds until the content is sealed. */
export const unsealed = '00000000';
const memberLength = '"crc32":"00000000"}'.length;
const digitsFromEnd = '00000000"}'.length;
const open = /^"crc32":"0{8}"\}$/;
/**
 * One wrong bit may be in the name or in the digits: either of them gives the member away. Other programs' JSON, and
 * what was written before there was a checksum, have neither.
 */
const member = /^"(?:crc32":".{8}|.{5}":"[0-9a-f]{8})"\}$/s;

/** Writes the digits into `content`, if its JSON ends with `"crc32":"00000000"}`. */
export function sealJson(content: Uint8Array): void {
  const at = digitsAt(content, open);
  if (at !== undefined) content.set(Buffer.from(digitsOf(content)), at);
}

/** Whether `content` is what was sealed; also true where nothing was. */
export function isJsonSound(content: Uint8Array): boolean {
  const at = digitsAt(content, member);
  if (at === undefined) return true;
  const copy = Buffer.from(content);
  const found = copy.toString('latin1', at, at + unsealed.length);
  copy.write(unsealed, at, 'latin1');
  return digitsOf(copy) === found;
}

function digitsAt(content: Uint8Array, place: RegExp): number | undefined {
  const text = Buffer.from(content).toString('latin1').trimEnd();
  return place.test(text.slice(-memberLength)) ? text.length - digitsFromEnd : undefined;
}

/** CRC-32 as in zlib and gzip (ISO 3309), eight lower-case hexadecimal digits. */
function digitsOf(content: Uint8Array): string {
  return crc32(content).toString(16).padStart(unsealed.length, '0');
}
