// What stored backups hold, from their ends and the headers inside: never the whole file.

import { openBackup } from '../../archive/reader/archive-reader.ts';
import type { StoredArchive, StoredBackup } from '../../archive/reader/stored-archive.ts';
import type { Abort } from '../../base/abort.ts';
import { rawBytesOfBackup } from '../../pipeline/decompress/raw-bytes.ts';
import { describeRaw } from '../sets/backup-description.ts';
import { isOfDamagedDatabase } from '../sets/damaged-database.ts';
import { noBackup } from '../sets/not-a-backup.ts';
import type { ArchiveInfo, FileInfo, InfoReport } from './info-report.ts';

/** Failure `integrity` for a file that holds no backup; a damaged or unfinished one is described as far as it goes. */
export async function infoJob(files: readonly string[], abort: Abort): Promise<InfoReport> {
  const infos: FileInfo[] = [];
  for (const file of files) infos.push(await abort.race(infoOf(file)));
  return { files: infos };
}

async function infoOf(file: string): Promise<FileInfo> {
  const backup = await openBackup(file);
  try {
    return await describe(backup);
  } finally {
    await backup.source.close();
  }
}

async function describe(backup: StoredBackup): Promise<FileInfo> {
  const { source, form } = backup;
  const raw = rawBytesOfBackup(backup);
  const described = await describeRaw(raw);
  if (!described && form !== 'archive') throw await noBackup(source.name, raw);
  const isMarked = described?.sets.some(({ header }) => header.IsDamaged === 1) ?? false;
  return {
    file: source.name,
    form,
    storedBytes: source.bytes,
    ...(raw.length !== undefined && { rawBytes: raw.length }),
    ...(backup.form === 'archive' && { archive: archiveInfo(backup) }),
    ...(described?.media && { media: described.media }),
    sets: described?.sets ?? [],
    ...(isOfDamagedDatabase(backup, isMarked) && { damagedDatabase: true }),
    ...(described?.unknown !== undefined && { unknown: described.unknown }),
    ...(described?.more && { moreSets: true }),
  };
}

function archiveInfo({ header, ends, flaw }: StoredArchive): ArchiveInfo {
  const { compression, type, ...rest } = header;
  const trailer = ends?.trailer;
  const state = !trailer ? 'unfinished' : trailer.finished === undefined ? 'sealed' : 'finished';
  return {
    state,
    ...(flaw && { flaw: flaw.message }),
    ...rest,
    type,
    isCopyOnly: type === 'copy',
    compression: `${compression.algorithm}:${compression.level}`,
    ...(trailer && {
      ...(trailer.finished !== undefined && { finished: trailer.finished }),
      frames: trailer.frames,
      compressedBytes: trailer.compressedBytes,
      messages: trailer.messages,
    }),
  };
}
