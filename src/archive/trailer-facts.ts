// The facts of a backup stream as the trailer keeps them.

import type { BackupSet, MtfFile } from '../mtf/backup-set.ts';
import type { MtfFacts } from '../mtf/facts.ts';
import type { JsonFields } from './json-frame.ts';

const setTexts = [
  'backupSetId',
  'name',
  'description',
  'userName',
  'machine',
  'database',
  'server',
  'type',
  'firstLsn',
  'lastLsn',
  'checkpointLsn',
  'databaseBackupLsn',
  'differentialBaseLsn',
  'differentialBaseId',
  'familyId',
  'recoveryForkId',
  'firstRecoveryForkId',
  'forkPointLsn',
  'started',
  'finished',
  'softwareVersion',
] as const;
const setNumbers = [
  'position',
  'timeZoneMinutes',
  'compatibilityLevel',
  'databaseVersion',
  'backupSize',
] as const;
const recoveryModels = ['FULL', 'BULK-LOGGED', 'SIMPLE'] as const;

/** The facts kept in a trailer. Failure `integrity` for values of a wrong type; unknown fields are ignored. */
export function decodeMtfFacts(fields: JsonFields): MtfFacts {
  return {
    compressed: fields.boolean('compressed'),
    complete: fields.boolean('complete'),
    sets: fields.number('sets'),
    ...texts(fields, ['damage', 'mediaSetId', 'lastBlocks']),
    ...numbers(fields, ['familyCount', 'familySequence', 'blockSize', 'mediaAttributes']),
    ...(fields.has('set') && { set: decodeSet(fields.object('set')) }),
  };
}

function decodeSet(fields: JsonFields): BackupSet {
  return {
    ...texts(fields, setTexts),
    ...numbers(fields, setNumbers),
    ...(fields.has('recoveryModel') && {
      recoveryModel: fields.oneOf('recoveryModel', recoveryModels),
    }),
    ...flags(fields, ['hasBackupChecksums', 'isDamaged', 'isCopyOnly', 'provisional']),
    ...(fields.has('files') && { files: fields.objects('files').map(decodeFile) }),
  };
}

function decodeFile(fields: JsonFields): MtfFile {
  return {
    logicalName: fields.string('logicalName'),
    physicalName: fields.string('physicalName'),
    type: fields.string('type'),
    ...texts(fields, ['filegroup']),
    size: fields.number('size'),
    backupSize: fields.number('backupSize'),
  };
}

function texts<K extends string>(fields: JsonFields, keys: readonly K[]): { [P in K]?: string } {
  return Object.fromEntries(
    keys.filter((key) => fields.has(key)).map((key) => [key, fields.string(key)]),
  ) as { [P in K]?: string };
}

function flags<K extends string>(fields: JsonFields, keys: readonly K[]): { [P in K]?: boolean } {
  return Object.fromEntries(
    keys.filter((key) => fields.has(key)).map((key) => [key, fields.boolean(key)]),
  ) as { [P in K]?: boolean };
}

function numbers<K extends string>(fields: JsonFields, keys: readonly K[]): { [P in K]?: number } {
  return Object.fromEntries(
    keys.filter((key) => fields.has(key)).map((key) => [key, fields.number(key)]),
  ) as { [P in K]?: number };
}
