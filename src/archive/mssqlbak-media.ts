// Which medium a natively compressed backup (MSSQLBAK) is a part of: its first record decompresses to the media header.

import {
  blockHeaderBytes,
  decodeBlockHeader,
  decodeStreamHeader,
  streamHeaderBytes,
} from '../mtf/block.js';
import { decompressXpress } from '../mtf/mssqlbak/xpress-huffman.js';
import { decodeMedia, type MtfMedia } from '../mtf/record/media.js';
import { containerHeadBytes, recordAt, recordHeadBytes } from './mssqlbak-check.js';

/** In front of the container's second record at the latest: the length of a payload has 16 bits. */
export const maxMediaBytes = containerHeadBytes + recordHeadBytes + 0xffff;
const streamAlignment = 4;

/** Of the first `maxMediaBytes` of a container; empty when they do not say. Never throws for any bytes. */
export function mssqlbakMedia(container: Uint8Array): MtfMedia {
  const raw = mediaHeaderOf(container);
  const raid = raw && mediaStream(raw);
  return raid ? decodeMedia(raid) : {};
}

/** The media header that the first `maxMediaBytes` of a container hold, from its block header on. */
export function mediaHeaderOf(container: Uint8Array): Uint8Array | undefined {
  const bytes = container.subarray(containerHeadBytes);
  const record = recordAt(bytes);
  if (!record?.good) return undefined;
  return decompressXpress(bytes.subarray(recordHeadBytes, record.bytes), record.rawBytes);
}

/** The RAID stream of the media header that `raw` begins with. */
function mediaStream(raw: Uint8Array): Uint8Array | undefined {
  const header = decodeBlockHeader(raw.subarray(0, blockHeaderBytes));
  if (header?.type !== 'TAPE') return undefined;
  for (let at = header.bodyBytes; ; ) {
    const dataAt = at + streamHeaderBytes;
    const stream = decodeStreamHeader(raw.subarray(at, dataAt));
    if (!stream || stream.id === 'SPAD') return undefined;
    const end = dataAt + stream.length;
    if (stream.id === 'RAID') return raw.subarray(dataAt, end);
    at = Math.ceil(end / streamAlignment) * streamAlignment;
  }
}
