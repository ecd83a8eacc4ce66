// The SCIN record: what SQL Server knows of the database and of the backup. Offsets are the same from
// SQL Server 2005 to 2025.
import type { MtfSet } from './mtf-facts.ts';
import { MtfRecord } from './mtf-fields.ts';
import { present } from './mtf-set-start.ts';

/** Shortest record that holds all fields read here. */
const databaseRecordBytes = 288;
const checksumFlag = 0x10;
const statusSimple = 8;
const statusBulkLogged = 4;

/** Reads a SCIN record, from its tag; empty when it is too short. */
export function decodeDatabase(bytes: Uint8Array): MtfSet {
  if (bytes.length < databaseRecordBytes) return {};
  const record = new MtfRecord(bytes);
  const version = record.u32(24);
  const backupSize = record.u64(96);
  return {
    ...present('database', record.text(104)),
    ...present('server', record.text(108)),
    type: record.ascii(87, 1),
    ...decodeLsns(record),
    ...present('started', record.date(77)),
    ...present('finished', record.date(82)),
    softwareVersion: `${version >>> 24}.${(version >>> 16) & 255}.${version & 0xffff}`,
    compatibilityLevel: record.u8(91),
    databaseVersion: record.u16(94),
    recoveryModel: recoveryModel(record.u32(244)),
    hasBackupChecksums: (record.u32(8) & checksumFlag) !== 0,
    ...(backupSize !== undefined && { backupSize }),
  };
}

function decodeLsns(record: MtfRecord): MtfSet {
  return {
    ...present('firstLsn', record.lsn(32)),
    ...present('lastLsn', record.lsn(42)),
    ...present('checkpointLsn', record.lsn(52)),
    ...present('databaseBackupLsn', record.lsn(62)),
    ...present('differentialBaseLsn', record.lsn(260)),
    ...present('differentialBaseId', record.guid(272)),
  };
}

function recoveryModel(status: number): 'FULL' | 'BULK-LOGGED' | 'SIMPLE' {
  if ((status & statusSimple) !== 0) return 'SIMPLE';
  return (status & statusBulkLogged) !== 0 ? 'BULK-LOGGED' : 'FULL';
}
