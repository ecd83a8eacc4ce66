// A zstd stream of something else than a backup: said before SQL Server is asked anything.

import { formBytes, recogniseForm } from '../../archive/reader/backup-form.ts';
import { otherFile, otherFileBytes } from '../../archive/reader/other-file.ts';
import { Failure } from '../../base/errors.ts';
import type { RawBytes } from '../../mtf/raw-bytes.ts';

/** By which a native backup is known. */
const magicBytes = 8;

/** Whether the stream begins as a native backup does. */
export async function isNative(raw: RawBytes): Promise<boolean> {
  const form = recogniseForm(await raw.read(0, formBytes));
  return form === 'mtf' || form === 'mssqlbak';
}

/** What to say of `file`, whose stream `raw` is no native backup. */
export async function noBackup(file: string, raw: RawBytes): Promise<Failure> {
  if (await isUnseen(raw)) return unreadable(file);
  const inside = otherFile(await raw.read(0, otherFileBytes));
  const what = inside ? `what it compresses is ${inside.what}` : undefined;
  return new Failure(
    'not-a-backup',
    `${file} holds no backup of SQL Server${what ? `: ${what}` : ''}`,
    { hints: [inside?.hint ?? noBackupHint] },
  );
}

export const noBackupHint = 'It is a zstd stream, but what it compresses is no native backup.';

/** What a stream that is damaged at once holds is not known: it is not over, and was not given up for its length. */
async function isUnseen(raw: RawBytes): Promise<boolean> {
  const { length } = await raw.read(0, magicBytes);
  return length < magicBytes && raw.length === undefined && !raw.gaveUp;
}

function unreadable(file: string): Failure {
  const message = `${file} cannot be looked into: nothing of its first frame can be decompressed`;
  return new Failure('unreadable-stream', message, {
    hints: [
      'It is damaged, cut short, or needs a dictionary or a window of more than 128 MiB.',
      `vdibackup verify ${file} says what zstd finds wrong with it.`,
    ],
  });
}
