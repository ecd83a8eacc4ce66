// What is found out about a frame before it is decompressed: whether it is the one the seek table lists, and
// whether what stands between the frames of another program's file is really of our own making.
import type { Failure } from '../../base/errors.ts';
import { damaged } from '../../storage/io-failure.ts';
import { readSome, type Source } from '../../storage/source.ts';
import {
  decodeFrameHeader,
  type FrameHeader,
  frameChecksum,
  frameChecksumBytes,
} from '../../zstd/frame-header.ts';
import type { FrameWalker, SkippedFrame } from '../../zstd/frame-walker.ts';
import { isOurs, ourBeginningBytes } from '../../zstd/skippable-frame.ts';
import { blockHeaderBytes, decodeZstdBlock } from '../../zstd/zstd-block.ts';

/** What `isOurs` finds in the file of another program, in words. */
export const strayPart = 'is a part of an archive of vdibackup, but it does not begin as one';

/** A frame to read; its length and place are known. */
export interface PlannedFrame {
  /** For words: counted from 1. */
  readonly number: number;
  readonly offset: number;
  readonly bytes: number;
  readonly rawBytes: number;
  /** As the seek table has it. */
  readonly checksum?: number;
}

/** What the frame says of itself must be what the table says. Failure `integrity`. */
export function checkFrame(frame: Uint8Array, planned: PlannedFrame, file: string): void {
  const header = decodeFrameHeader(frame, `${file}, ${placeOf(planned)}`, planned.offset);
  if (header.dictionaryId !== 0) throw badFrame(planned, 'needs a dictionary', file);
  if (header.contentSize !== planned.rawBytes) throw otherSize(planned, header.contentSize, file);
  if (planned.checksum === undefined) return;
  if (!header.hasChecksum || frameChecksum(frame) !== planned.checksum)
    throw otherChecksum(planned, file);
  // zstd would also take several frames in one place, which nobody finds who reads from the start.
  if (lengthOf(frame, header) !== frame.length) throw otherEnd(planned, file);
}

/** As `checkFrame`, of a frame too long to be in memory: by its headers and its last bytes. Failure `integrity`. */
export async function checkLongFrame(
  walker: FrameWalker,
  planned: PlannedFrame,
  file: string,
): Promise<void> {
  const frame = await walker.at(planned.offset);
  const data = frame?.kind === 'data' ? frame : undefined;
  if (data?.rawBytes !== planned.rawBytes) throw otherSize(planned, data?.rawBytes, file);
  if (data.bytes !== planned.bytes) throw otherEnd(planned, file);
  if (!data.hasChecksum || (await walker.checksum(data)) !== planned.checksum)
    throw otherChecksum(planned, file);
}

function otherSize(planned: PlannedFrame, found: number | undefined, file: string): Failure {
  const said = `says it holds ${found ?? 'an unknown number of'} raw bytes`;
  return badFrame(planned, `${said}, not ${planned.rawBytes}`, file);
}

function otherChecksum(planned: PlannedFrame, file: string): Failure {
  return badFrame(planned, 'has another checksum than the seek table', file);
}

function otherEnd(planned: PlannedFrame, file: string): Failure {
  return badFrame(planned, 'does not end where the seek table says', file);
}

/** Bytes to the end of the frame's checksum; undefined when its blocks lead out of `frame`. */
function lengthOf(frame: Uint8Array, { headerBytes }: FrameHeader): number | undefined {
  for (let at = headerBytes; at + blockHeaderBytes <= frame.length; ) {
    const block = decodeZstdBlock(frame.subarray(at, at + blockHeaderBytes));
    if (!block) return undefined;
    at += block.bytes;
    if (block.isLast) return at + frameChecksumBytes;
  }
  return undefined;
}

/** The file ends before the frame does. */
export function cutFrame(planned: PlannedFrame, file: string): Failure {
  return badFrame(planned, 'is cut short', file, 'truncated');
}

/** `what` is wrong with the frame, in words that follow its name. Failure `integrity`. */
export function badFrame(
  planned: PlannedFrame,
  what: string,
  file: string,
  code?: 'truncated',
): Failure {
  const place = { offset: planned.offset, ...(code && { code }) };
  return damaged(file, `${placeOf(planned)} ${what}`, place);
}

/** The frame in words. */
export function placeOf({ number, offset }: PlannedFrame): string {
  return `frame ${number} at byte ${offset}`;
}

/**
 * An archive whose header no longer looks like one must not pass for another program's file: that would check neither
 * trailer nor seek table. `offset` is that of a skippable frame.
 */
export async function refuseOurs(source: Source, offset: number): Promise<void> {
  const beginning = await readSome(source, offset, ourBeginningBytes);
  refuseStray({ offset, isOurs: isOurs(beginning) }, source.name);
}

/** As `refuseOurs`, of a frame whose beginning was seen. */
export function refuseStray(
  { offset, isOurs }: Pick<SkippedFrame, 'offset' | 'isOurs'>,
  file: string,
): void {
  if (isOurs) throw damaged(file, `at byte ${offset} ${strayPart}`, { offset });
}
