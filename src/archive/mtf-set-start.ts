// The SSET block (start of a backup set) and the VOLB block behind it.

import type { MtfSet } from './mtf-facts.ts';
import { MtfRecord } from './mtf-fields.ts';

/** Time zone value that means unknown. */
const zoneUnknown = 127;
/** Bytes of the OS-specific data that hold the set's GUID. */
const guidBytes = 16;

/** Reads a whole SSET block up to its first stream. */
export function decodeSetStart(block: Uint8Array): MtfSet {
  const record = new MtfRecord(block);
  const [osBytes, osAt] = [record.u16(44), record.u16(46)];
  const zone = record.i8(95);
  return {
    position: record.u16(62),
    ...present('name', record.text(64)),
    ...present('description', record.text(68)),
    ...present('userName', record.text(76)),
    ...(zone !== zoneUnknown && { timeZoneMinutes: zone * 15 }),
    ...(osBytes >= guidBytes && present('backupSetId', record.guid(osAt))),
  };
}

/** Reads a whole VOLB block up to its first stream. */
export function decodeVolume(block: Uint8Array): MtfSet {
  return present('machine', new MtfRecord(block).text(64));
}

/** `{[key]: value}`, or nothing when the value is unknown. */
export function present<K extends string>(
  key: K,
  value: string | undefined,
): { [P in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };
}
