// Which medium a natively compressed backup (MSSQLBAK) is a part of: its first record decompresses to the media header.

import { decodeMedia, type MtfMedia } from '../record/media.ts';
import { wholeBlock } from '../whole-block.ts';
import { containerFormat, recordAt } from './container.ts';
import { decompressXpress } from './xpress-huffman.ts';

/** Of the first `maxMediaBytes` of a container; empty when they do not say. Never throws for any bytes. */
export function mssqlbakMedia(container: Uint8Array): MtfMedia {
  const raw = mediaHeaderOf(container);
  const block = raw && wholeBlock(raw, 0);
  const raid = block?.header.type === 'TAPE' ? block.streams.get('RAID') : undefined;
  return raid ? decodeMedia(raid) : {};
}

/** The media header that the first `maxMediaBytes` of a container hold, from its block header on. */
export function mediaHeaderOf(container: Uint8Array): Uint8Array | undefined {
  const format = containerFormat(container);
  const record = format && recordAt(container.subarray(format.headBytes), format);
  return record?.good ? decompressXpress(record.payload, record.rawBytes) : undefined;
}
