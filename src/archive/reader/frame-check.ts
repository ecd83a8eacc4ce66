// What is found out about a frame before it is decompressed: whether it is the one the seek table lists, and
// whether what stands between the frames of another program's file is really of our own making.
import type { Failure } from '../../errors.js';
import { damaged } from '../../storage/io-failure.js';
import { readExactly, readSome, type Source } from '../../storage/source.js';
import {
  decodeFrameHeader,
  type FrameHeader,
  frameChecksum,
  frameChecksumBytes,
} from '../../zstd/frame-header.js';
import type { FrameWalker, SkippedFrame } from '../../zstd/frame-walker.js';
import { isOurs, ourBeginningBytes } from '../../zstd/skippable-frame.js';
import { blockHeaderBytes, decodeZstdBlock } from '../../zstd/zstd-block.js';

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
  const where = placeOf(planned);
  const header = decodeFrameHeader(frame, `${file}, ${where}`);
  if (header.dictionaryId !== 0) throw damaged(file, `${where} needs a dictionary`);
  if (header.contentSize !== planned.rawBytes) throw otherSize(planned, header.contentSize, file);
  if (planned.checksum === undefined) return;
  if (!header.hasChecksum || frameChecksum(frame) !== planned.checksum)
    throw otherChecksum(planned, file);
  // zstd would also take several frames in one place, which nobody finds who reads from the start.
  if (lengthOf(frame, header) !== frame.length) throw otherEnd(planned, file);
}

/** As `checkFrame`, of a frame too long to be in memory: by its headers and its last bytes. Failure `integrity`. */
export async function checkLongFrame(
  source: Source,
  walker: FrameWalker,
  planned: PlannedFrame,
): Promise<void> {
  const frame = await walker.at(planned.offset);
  const data = frame?.kind === 'data' ? frame : undefined;
  if (data?.rawBytes !== planned.rawBytes) throw otherSize(planned, data?.rawBytes, source.name);
  if (data.bytes !== planned.bytes) throw otherEnd(planned, source.name);
  const checksumAt = planned.offset + planned.bytes - frameChecksumBytes;
  const found = frameChecksum(await readExactly(source, checksumAt, frameChecksumBytes));
  if (!data.hasChecksum || found !== planned.checksum) throw otherChecksum(planned, source.name);
}

function otherSize(planned: PlannedFrame, found: number | undefined, file: string): Failure {
  const said = `says it holds ${found ?? 'an unknown number of'} raw bytes`;
  return damaged(file, `${placeOf(planned)} ${said}, not ${planned.rawBytes}`);
}

function otherChecksum(planned: PlannedFrame, file: string): Failure {
  return damaged(file, `${placeOf(planned)} has another checksum than the seek table`);
}

function otherEnd(planned: PlannedFrame, file: string): Failure {
  return damaged(file, `${placeOf(planned)} does not end where the seek table says`);
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
  return damaged(file, `${placeOf(planned)} is cut short`, 'truncated');
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
  if (isOurs) throw damaged(file, `at byte ${offset} ${strayPart}`);
}
