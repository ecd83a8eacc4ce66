// The trailer: the frame behind the last data frame that makes an archive a finished one
// (docs/archive-format.md, "Trailer"). It always has the same length, so that its final words can be
// written in place after SQL Server has reported success, without needing disk space then.
import { KiB, MiB } from '../base/byte-size.ts';
import type { SqlMessageEvent } from '../base/events.ts';
import type { MtfFacts } from '../mtf/facts.ts';
import { skippableHeadBytes } from '../zstd/skippable-frame.ts';
import { maxTextUnits } from './header.ts';
import { unsealed } from './json-checksum.ts';
import { archiveVersion, decodeJsonFrame, encodeJsonFrame, type JsonFields } from './json-frame.ts';
import { decodeMtfFacts } from './trailer-facts.ts';

/** Bytes of the trailer frame as written: room for about 40 database files and 50 messages. */
export const trailerFrameBytes = 16 * KiB;
/** Longest trailer frame a reader accepts. */
export const maxTrailerFrameBytes = MiB;
/** UTF-16 units kept of one message's text; SQL Server's own limit is 2047. */
const maxMessageText = 400;

/** What the caller of the writer knows; the writer counts the rest. */
export interface TrailerFacts {
  /** ISO 8601, UTC: when SQL Server had reported success (Msg 3014). Absent in a sealed, unconfirmed archive. */
  readonly finished?: string;
  /** SQL Server's messages that matter, oldest first. */
  readonly messages: readonly SqlMessageEvent[];
  readonly mtf?: MtfFacts;
  /** Where the time went, milliseconds by name. */
  readonly timings?: Readonly<Record<string, number>>;
}

export interface ArchiveTrailer extends TrailerFacts {
  /** As in the header: a trailer of another archive is found out. */
  readonly setId: string;
  readonly stripe: number;
  /** Bytes of the stream SQL Server sent. */
  readonly rawBytes: number;
  /** Bytes of the zstd frames, without header, trailer and table. */
  readonly compressedBytes: number;
  /** zstd frames. */
  readonly frames: number;
  /** Messages left out at the front, file entries left out at the end, because they did not fit. */
  readonly messagesOmitted?: number;
  readonly filesOmitted?: number;
}

/**
 * The trailer as a skippable frame of exactly `trailerFrameBytes`. What does not fit is left out and
 * counted: long message texts are cut, then file entries from the end, then messages from the front
 * (the last ones hold the verdict).
 */
export function encodeArchiveTrailer(trailer: ArchiveTrailer): Uint8Array {
  const room = trailerFrameBytes - skippableHeadBytes;
  const cut = withoutHugeFacts({ ...trailer, messages: trailer.messages.map(shorten) }, room);
  const files = cut.mtf?.set?.files?.length ?? 0;
  const keptFiles = largest(files, (count) => jsonBytes(omit(cut, count, 0)) <= room);
  const keptMessages = largest(
    cut.messages.length,
    (count) => jsonBytes(omit(cut, keptFiles, count)) <= room,
  );
  return encodeJsonFrame(json(omit(cut, keptFiles, keptMessages)), trailerFrameBytes);
}

/** Reads the trailer frame. Failure `integrity` as for the header; unknown fields are ignored. */
export function decodeArchiveTrailer(frame: Uint8Array, file: string): ArchiveTrailer {
  const fields = decodeJsonFrame(frame, maxTrailerFrameBytes, 'trailer', file);
  const count = (key: string) => fields.integer(key, 0, Number.MAX_SAFE_INTEGER);
  return {
    setId: fields.string('setId', maxTextUnits),
    stripe: count('stripe'),
    rawBytes: count('rawBytes'),
    compressedBytes: count('compressedBytes'),
    frames: count('frames'),
    messages: fields.objects('messages').map(decodeMessage),
    ...(fields.has('finished') && { finished: fields.string('finished', maxTextUnits) }),
    ...(fields.has('mtf') && { mtf: decodeMtfFacts(fields.object('mtf')) }),
    ...(fields.has('timings') && { timings: decodeTimings(fields.object('timings')) }),
    ...(fields.has('messagesOmitted') && { messagesOmitted: count('messagesOmitted') }),
    ...(fields.has('filesOmitted') && { filesOmitted: count('filesOmitted') }),
  };
}

function decodeMessage(fields: JsonFields): SqlMessageEvent {
  return {
    number: fields.number('number'),
    severity: fields.number('severity'),
    text: fields.string('text'),
  };
}

function decodeTimings(fields: JsonFields): Record<string, number> {
  return Object.fromEntries(fields.keys().map((key) => [key, fields.number(key)]));
}

function shorten(message: SqlMessageEvent): SqlMessageEvent {
  const { number, severity, text } = message;
  const short = text.length > maxMessageText ? `${text.slice(0, maxMessageText - 1)}…` : text;
  return { number, severity, text: short };
}

/** Names in a damaged stream can be anything: facts that leave no room even without files are left out. */
function withoutHugeFacts(trailer: ArchiveTrailer, room: number): ArchiveTrailer {
  if (jsonBytes(omit(trailer, 0, 0)) <= room) return trailer;
  const { mtf: _, ...rest } = trailer;
  return rest;
}

/** `trailer` with the first `keptFiles` files and the last `keptMessages` messages. */
function omit(trailer: ArchiveTrailer, keptFiles: number, keptMessages: number): ArchiveTrailer {
  const { messages, mtf } = trailer;
  const files = mtf?.set?.files ?? [];
  const messagesCut = messages.length - keptMessages;
  const filesCut = files.length - keptFiles;
  return {
    ...trailer,
    messages: messages.slice(messagesCut),
    // A trailer that is written anew may have lost some before.
    ...(messagesCut > 0 && { messagesOmitted: (trailer.messagesOmitted ?? 0) + messagesCut }),
    ...(filesCut > 0 && {
      filesOmitted: (trailer.filesOmitted ?? 0) + filesCut,
      mtf: { ...mtf, set: { ...mtf?.set, files: files.slice(0, keptFiles) } } as MtfFacts,
    }),
  };
}

/** The largest count from 0 to `most` that fits, where a smaller one always fits too; 0 when none does. */
function largest(most: number, fits: (count: number) => boolean): number {
  let low = 0;
  let high = most;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function json(trailer: ArchiveTrailer): string {
  return JSON.stringify({ vdibackup: archiveVersion, ...trailer, crc32: unsealed });
}

function jsonBytes(trailer: ArchiveTrailer): number {
  return Buffer.byteLength(json(trailer));
}
