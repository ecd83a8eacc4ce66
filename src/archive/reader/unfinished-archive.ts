// What an archive without its end still holds, for the words of the failure: counted by the framing, and not for ever.
import { Failure } from '../../base/errors.ts';
import { compressBound } from '../../zstd/frame-header.ts';
import { FrameWalker } from '../../zstd/frame-walker.ts';
import type { StoredArchive } from './stored-archive.ts';

/** Looks into the file before enough is counted: a few seconds on a disk, 300 GiB of a backup in blocks of 128 KiB. */
const maxPeeks = 100_000;

interface WholeFrames {
  readonly frames: number;
  readonly rawBytes: number;
  /** Offset of the first byte that belongs to no whole frame. */
  readonly end: number;
  /** A skippable frame stands behind the frames: the trailer. */
  readonly tailSeen: boolean;
  /** There may be more: counting them all would have taken too long. */
  readonly more: boolean;
}

/** The failure `unfinished` (`integrity`) of an archive that has no ends. */
export async function unfinished(archive: StoredArchive): Promise<Failure> {
  const { source, header, framesAt } = archive;
  const whole = await wholeFrames(archive);
  const what = whole.tailSeen
    ? 'is damaged: its end is cut or wrong'
    : 'is not a finished backup: it has no trailer';
  const count = `${whole.more ? 'at least ' : ''}${whole.frames} whole frames`;
  const holds = `${count} (${whole.rawBytes} bytes) up to byte ${whole.end} of ${source.bytes}`;
  return new Failure('unfinished', `${source.name} ${what}; it holds ${holds}`, {
    hints: [
      whole.tailSeen || framesAt + header.frameSize > source.bytes
        ? 'copy the file again from where it was made and compare sizes'
        : 'the backup that wrote it did not end well: take a new one, or copy the file again if that was cut short',
      'vdibackup extract --salvage gets the frames that are still good',
    ],
  });
}

async function wholeFrames({ source, header, framesAt }: StoredArchive): Promise<WholeFrames> {
  const { frameSize } = header;
  const walker = new FrameWalker(source, compressBound(frameSize), frameSize);
  const seen = { frames: 0, rawBytes: 0, end: framesAt, tailSeen: false, more: false };
  for (;;) {
    if (walker.peeks > maxPeeks) return { ...seen, more: true };
    const frame = await walker.at(seen.end).catch(() => undefined);
    if (frame?.kind === 'skippable') return { ...seen, tailSeen: true };
    if (frame?.kind !== 'data') return seen;
    seen.frames += 1;
    seen.rawBytes += frame.rawBytes ?? 0;
    seen.end += frame.bytes;
  }
}
