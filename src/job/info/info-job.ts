// What stored backups hold, from their ends and the headers inside: never the whole file.

import {
  openBackup,
  type StoredArchive,
  type StoredBackup,
} from '../../archive/reader/archive-reader.js';
import type { Abort } from '../../base/abort.js';
import { Failure } from '../../errors.js';
import type { RawBytes } from '../../mtf/raw-bytes.js';
import { rawBytesOfBackup } from '../../pipeline/decompress/raw-bytes.js';
import { describeRaw } from '../sets/backup-description.js';
import type { ArchiveInfo, FileInfo, InfoReport } from './info-report.js';

/** By which a native backup is known. */
const magicBytes = 8;

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
  return {
    file: source.name,
    form,
    storedBytes: source.bytes,
    ...(raw.length !== undefined && { rawBytes: raw.length }),
    ...(backup.form === 'archive' && { archive: archiveInfo(backup) }),
    ...(described?.media && { media: described.media }),
    sets: described?.sets ?? [],
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

async function noBackup(file: string, raw: RawBytes): Promise<Failure> {
  if (await isUnseen(raw)) return unreadable(file);
  return new Failure('integrity', 'not-a-backup', `${file} holds no backup of SQL Server`, {
    hints: ['it is a Zstandard stream, but what it compresses is no native backup'],
  });
}

/** What a stream that is damaged at once holds is not known: it is not over, and was not given up for its length. */
async function isUnseen(raw: RawBytes): Promise<boolean> {
  const { length } = await raw.read(0, magicBytes);
  return length < magicBytes && raw.length === undefined && !raw.gaveUp;
}

function unreadable(file: string): Failure {
  const message = `${file} cannot be looked into: nothing of its first frame can be decompressed`;
  return new Failure('integrity', 'unreadable-stream', message, {
    hints: [
      'It is damaged, cut short, or needs a dictionary or a window of more than 128 MiB.',
      `vdibackup verify ${file} says what zstd finds wrong with it.`,
    ],
  });
}
