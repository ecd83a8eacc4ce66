// What a stored backup says of its media and its first backup set, in whatever form it is stored: from its ends and
// the headers inside, never the whole file.

import type { StoredBackup } from '../../archive/reader/stored-archive.ts';
import { MiB } from '../../base/byte-size.ts';
import { type BackupSet, backupSetOf } from '../../mtf/backup-set.ts';
import { describeMtf, type MtfDescription } from '../../mtf/description.ts';
import { describeMssqlbak } from '../../mtf/mssqlbak/description.ts';
import { nativeBlockSize } from '../../mtf/native-block-size.ts';
import { type RawBytes, rawBytesOf } from '../../mtf/raw-bytes.ts';
import { numberOf, type Row, textOf } from '../../mtf/row.ts';
import { rawBytesOfBackup } from '../../pipeline/decompress/raw-bytes.ts';

/** Bytes looked at of a stream that cannot be read twice; the first configuration stands well before. */
const prefixBytes = MiB;

/** Its first `most` sets; undefined when the raw stream is no native backup. */
export async function describeRaw(
  raw: RawBytes,
  most = Number.POSITIVE_INFINITY,
): Promise<MtfDescription | undefined> {
  const magic = String.fromCharCode(...(await raw.read(0, 8)));
  if (magic === 'MSSQLBAK') return describeMssqlbak(raw, most);
  return magic.startsWith('TAPE') ? describeMtf(raw, most) : undefined;
}

/** What a restore must know of one stored backup before SQL Server reads it. */
export interface BackupDescription {
  /** setId of an archive or MediaSetId of a native backup; undefined when it does not say. */
  readonly set: string | undefined;
  /** From 1. */
  readonly stripe: number;
  readonly stripes: number;
  /** The backup set that is meant; undefined when it could not be read. */
  readonly facts: BackupSet | undefined;
  /** Its files, as rows of RESTORE FILELISTONLY; none when they could not be read. */
  readonly files: readonly Row[];
  /** Every backup set that was looked for and found. */
  readonly sets: readonly BackupSet[];
  /** There may be others: not looked for, too far apart, or in a stream whose end cannot be seen. */
  readonly more: boolean;
  /** Bytes; undefined when it does not say. */
  readonly blockSize: number | undefined;
  readonly transferSize: number | undefined;
  /** Length of the native backup; undefined when only reading all of it would tell. */
  readonly rawBytes: number | undefined;
}

const nothing: MtfDescription = { media: undefined, sets: [], more: false };

/** `position` is that of the backup set that is meant, from 1; `most` sets are looked for. */
export async function describeBackup(
  backup: StoredBackup,
  position: number,
  most = Number.POSITIVE_INFINITY,
): Promise<BackupDescription> {
  const all = rawBytesOfBackup(backup);
  const { seekable } = backup.source;
  const raw = seekable ? all : rawBytesOf(await all.read(0, prefixBytes));
  const { media, sets: found, more } = (await describeRaw(raw, most)) ?? nothing;
  const sets = found.map(({ header }) => backupSetOf(header));
  const inside = {
    facts: sets[position - 1],
    files: found[position - 1]?.files ?? [],
    sets,
    more: more || all.length === undefined,
    rawBytes: seekable ? raw.length : undefined,
  };
  if (backup.form === 'archive') {
    const { setId: set, stripe, stripes, blockSize, transferSize } = backup.header;
    return { set, stripe, stripes, blockSize, transferSize, ...inside };
  }
  return {
    set: textOf(media, 'MediaSetId'),
    stripe: numberOf(media, 'FamilySequenceNumber') ?? 1,
    stripes: numberOf(media, 'FamilyCount') ?? 1,
    blockSize: await nativeBlockSize(raw),
    transferSize: undefined,
    ...inside,
  };
}
