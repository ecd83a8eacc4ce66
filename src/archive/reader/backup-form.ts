// What a file is, by its first bytes and never by its name.

import { zstdFrameMagic } from '../../zstd/frame-header.ts';
import { archiveFrameMagic, isSkippable, skippableHeadBytes } from '../../zstd/skippable-frame.ts';

/**
 * `archive`: ours. `zstd`: any other Zstandard stream. `mtf`: a native backup. `mssqlbak`: a native backup
 * that SQL Server compressed.
 */
export type BackupForm = 'archive' | 'zstd' | 'mtf' | 'mssqlbak';

/** Bytes `recogniseForm` wants to see. */
export const formBytes = 12;
/** pzstd begins its files with a skippable frame of our magic that holds one 4-byte size. */
const pzstdContentBytes = 4;

/** The form of a file that begins with `head` (`formBytes` or all there is); undefined for none we read. */
export function recogniseForm(head: Uint8Array): BackupForm | undefined {
  const text = String.fromCharCode(...head.subarray(0, 8));
  if (text.startsWith('TAPE')) return 'mtf';
  if (text === 'MSSQLBAK') return 'mssqlbak';
  if (head.length < skippableHeadBytes) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const magic = view.getUint32(0, true);
  if (magic === archiveFrameMagic && view.getUint32(4, true) !== pzstdContentBytes)
    return 'archive';
  return magic === zstdFrameMagic || isSkippable(head) ? 'zstd' : undefined;
}
