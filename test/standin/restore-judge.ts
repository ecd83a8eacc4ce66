// What RESTORE thinks of the bytes it was given.

import { type FileHandle, open } from 'node:fs/promises';
import { backupMessages } from './backup-message.ts';
import { type CompressedContent, readCompressed } from './compressed-reader.ts';
import type { RunDevice } from './device-run.ts';
import { type MtfContent, type MtfFile, type ReadAt, readMtf } from './mtf-reader.ts';
import type { Piece } from './recipe.ts';
import type { ServerMessage } from './sql-error.ts';
import type { DeviceOperation } from './statement.ts';

export interface RestoreVerdict {
  readonly failure: ServerMessage | undefined;
  /** Of the first family; `undefined` when the bytes were only counted. */
  readonly content: MtfContent | undefined;
  readonly files: readonly MtfFile[];
}

export interface RestoreRequest {
  readonly operation: DeviceOperation;
  readonly blockSize: number;
  readonly checksum: boolean;
  /** Position of the backup set that is meant, from 1. */
  readonly file: number;
}

const verification = 'VERIFY DATABASE';
const hasChecksums = 0x10;
const smallestBlock = 512;
const invalidData = 13;
const endOfFile = 38;

export async function judgeRestore(
  devices: readonly RunDevice[],
  request: RestoreRequest,
): Promise<RestoreVerdict> {
  if (devices.some(({ pieces }) => !pieces)) {
    return { failure: undefined, content: undefined, files: [] };
  }
  const contents = await readAll(devices, request.operation === verification);
  const [first] = contents;
  const failure =
    contents
      .map((content, index) => contentProblem(content, devices[index]?.name ?? '', request))
      .find((problem) => problem !== undefined) ??
    familyProblem(contents, devices, request) ??
    (await compressionProblem(contents, devices, request));
  return { failure, content: first, files: first?.files ?? [] };
}

// A stand-in BACKUP of a file over several devices cuts it into parts: only the parts together are a stream.
async function readAll(devices: readonly RunDevice[], checksums: boolean): Promise<MtfContent[]> {
  const each: MtfContent[] = [];
  for (const { pieces } of devices) each.push(await readPieces(pieces ?? [], checksums));
  const [first] = each;
  const isCut = devices.length > 1 && each.slice(1).every(({ state }) => state === 'not-mtf');
  if (!isCut || !first) return each;
  return [
    await readPieces(
      devices.flatMap(({ pieces }) => pieces ?? []),
      checksums,
    ),
  ];
}

export async function readPieces(pieces: readonly Piece[], checksums = false): Promise<MtfContent> {
  return reading(pieces, (read) => readMtf(read, checksums));
}

async function reading<T>(pieces: readonly Piece[], use: (read: ReadAt) => Promise<T>): Promise<T> {
  const files: FileHandle[] = [];
  try {
    for (const { path } of pieces) files.push(await open(path, 'r'));
    return await use(reader(pieces, files));
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

function reader(pieces: readonly Piece[], files: readonly FileHandle[]): ReadAt {
  return async (position, length) => {
    const parts: Buffer[] = [];
    let start = 0;
    let wanted = length;
    let at = position;
    for (const [index, piece] of pieces.entries()) {
      const end = start + piece.length * piece.count;
      while (wanted > 0 && at >= start && at < end) {
        const within = (at - start) % piece.length;
        const size = Math.min(wanted, piece.length - within, end - at);
        const buffer = Buffer.alloc(size);
        await files[index]?.read(buffer, 0, size, piece.offset + within);
        parts.push(buffer);
        wanted -= size;
        at += size;
      }
      start = end;
    }
    return Buffer.concat(parts);
  };
}

function contentProblem(
  content: MtfContent,
  device: string,
  request: RestoreRequest,
): ServerMessage | undefined {
  if (content.state === 'empty') return backupMessages.emptyMedia(device);
  if (content.state === 'compressed') return undefined;
  if (content.state === 'not-mtf') return backupMessages.incorrectlyFormed(device);
  const written = content.label?.blockSize ?? smallestBlock;
  if (written > request.blockSize && request.blockSize !== smallestBlock) {
    return backupMessages.misalignedFilemark(device, written);
  }
  const { scin } = content.sets[request.file - 1] ?? content;
  if (request.checksum && scin && !(scin.readUInt32LE(8) & hasChecksums)) {
    return backupMessages.noChecksum();
  }
  const readsFrontOnly = /FILELIST|LABELONLY/.test(request.operation);
  if (readsFrontOnly) return content.label ? undefined : backupMessages.incorrectlyFormed(device);
  return setProblem(content, device, request);
}

function setProblem(
  content: MtfContent,
  device: string,
  request: RestoreRequest,
): ServerMessage | undefined {
  const { sets, state, blocks } = content;
  // What stands behind another set is not looked at.
  if (sets.length > request.file) return payloadProblem(content, request);
  if (state === 'corrupt') return backupMessages.incorrectlyFormed(device);
  if (state === 'truncated') {
    const wasBegun = blocks.includes('MSCI');
    return wasBegun
      ? backupMessages.readFailed(device, endOfFile)
      : backupMessages.incomplete(device);
  }
  if (sets.length < request.file) return backupMessages.noSuchFile(request.file, device);
  return payloadProblem(content, request);
}

/** Read whole, not restored: the payload counts for what its checksums say. */
function payloadProblem(content: MtfContent, { file }: RestoreRequest): ServerMessage | undefined {
  return content.sets[file - 1]?.badChecksums ? backupMessages.damagedSet() : undefined;
}

/** Only of a verification: what a RESTORE decompresses is not looked at here. */
async function compressionProblem(
  contents: readonly MtfContent[],
  devices: readonly RunDevice[],
  { operation, checksum, file }: RestoreRequest,
): Promise<ServerMessage | undefined> {
  if (operation !== verification || contents[0]?.state !== 'compressed') return undefined;
  if (checksum) return backupMessages.noChecksum();
  // A set that was cut for several devices is one stream again (readAll).
  const whole = contents.length === devices.length ? devices : [devices];
  for (const part of whole) {
    const [name, pieces] = 'name' in part ? [part.name, part.pieces] : joined(part);
    const problem = problemOf(await reading(pieces ?? [], readCompressed), name, file);
    if (problem) return problem;
  }
  return undefined;
}

function problemOf(
  { state, sets }: CompressedContent,
  device: string,
  file: number,
): ServerMessage | undefined {
  if (state === 'unknown') return backupMessages.incorrectlyFormed(device);
  if (state === 'damaged') return backupMessages.readFailed(device, invalidData);
  if (state === 'truncated') return backupMessages.readFailed(device, endOfFile);
  return sets < file ? backupMessages.noSuchFile(file, device) : undefined;
}

function joined(devices: readonly RunDevice[]) {
  return [devices[0]?.name ?? '', devices.flatMap(({ pieces }) => pieces ?? [])] as const;
}

function familyProblem(
  contents: readonly MtfContent[],
  devices: readonly RunDevice[],
  { operation }: RestoreRequest,
): ServerMessage | undefined {
  if (/LABELONLY|HEADERONLY|FILELIST/.test(operation)) return undefined;
  const seen = new Map<number, string>();
  for (const [index, { label }] of contents.entries()) {
    const device = devices[index]?.name ?? '';
    if (!label || contents.length !== devices.length) continue;
    if (label.familyCount !== devices.length) {
      return backupMessages.familyCount(device, label.familyCount, devices.length);
    }
    const other = seen.get(label.familySequence);
    if (other !== undefined) return backupMessages.familyTwice(device, label.familySequence, other);
    seen.set(label.familySequence, device);
  }
  return undefined;
}
