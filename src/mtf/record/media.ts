// What the stream says of its media set: the RAID stream of the TAPE block, SQL Server's own.
import { MtfRecord } from '../fields.ts';

/** Shortest RAID stream that holds all fields read here. */
const raidBytes = 26;

export interface MtfMedia {
  readonly mediaSetId?: string;
  /** Stripes of the media set. */
  readonly familyCount?: number;
  /** This stripe, from 1. */
  readonly familySequence?: number;
}

/** Reads the data of a RAID stream; empty when it is too short. */
export function decodeMedia(raid: Uint8Array): MtfMedia {
  if (raid.length < raidBytes) return {};
  const record = new MtfRecord(raid);
  const mediaSetId = record.guid(0);
  return {
    ...(mediaSetId && { mediaSetId }),
    familyCount: record.u16(20),
    familySequence: record.u16(24),
  };
}
