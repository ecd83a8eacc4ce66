// The SSET block (start of a backup set) and the VOLB block behind it.

import type { BackupSet } from '../backup-set.ts';
import { MtfRecord } from '../fields.ts';

/** Time zone value that means unknown. */
const zoneUnknown = 127;
/** Bytes of the OS-specific data that hold the set's GUID. */
const guidBytes = 16;

/** Columns of RESTORE HEADERONLY, each where the SSET block has it; undefined where it does not say. */
export const startFields = {
  BackupName: (start) => start.text(64),
  BackupDescription: (start) => start.text(68),
  Position: (start) => start.u16(62),
  UserName: (start) => start.text(76),
  SoftwareVendorId: (start) => start.u16(60),
  BackupSetGUID: (start) => (start.u16(44) >= guidBytes ? start.guid(start.u16(46)) : undefined),
  TimeZoneMinutes: (start) => {
    const zone = start.i8(95);
    return zone === zoneUnknown ? undefined : zone * 15;
  },
} as const satisfies Readonly<Record<string, (start: MtfRecord) => string | number | undefined>>;

/** The machine, where the VOLB block says it. */
export function machineName(volume: MtfRecord): string | undefined {
  return volume.text(64);
}

/** Reads a whole SSET block up to its first stream. */
export function decodeSetStart(block: Uint8Array): BackupSet {
  const start = new MtfRecord(block);
  const of = startFields;
  const timeZoneMinutes = of.TimeZoneMinutes(start);
  return {
    position: of.Position(start),
    ...present('name', of.BackupName(start)),
    ...present('description', of.BackupDescription(start)),
    ...present('userName', of.UserName(start)),
    ...(timeZoneMinutes !== undefined && { timeZoneMinutes }),
    ...present('backupSetId', of.BackupSetGUID(start)),
  };
}

/** Reads a whole VOLB block up to its first stream. */
export function decodeVolume(block: Uint8Array): BackupSet {
  return present('machine', machineName(new MtfRecord(block)));
}

/** `{[key]: value}`, or nothing when the value is unknown. */
export function present<K extends string>(
  key: K,
  value: string | undefined,
): { [P in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };
}
