// The bytes a BACKUP sends, per device, for every database of the instance. The same request gives the same bytes.
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Database, Instance, StreamSpec } from './instance.ts';
import type { MtfBackupType, MtfDescription } from './mtf-configuration.ts';
import { generateMtf } from './mtf-generator.ts';
import { spool } from './mtf-spooler.ts';
import { type Piece, readRecipe, recipeLength, splitRecipe } from './recipe.ts';
import { serverProperty } from './server-property.ts';

export interface StreamRequest {
  readonly database: Database;
  readonly type: MtfBackupType;
  readonly devices: number;
  readonly blockSize: number;
  readonly transferSize: number;
  readonly checksum: boolean;
  /** The backup met damage and went on. */
  readonly damaged?: boolean;
  readonly compression: boolean;
  readonly name: string | null;
  readonly user: string;
}

export interface DeviceStreams {
  readonly setId: string;
  readonly mediaSetId: string;
  readonly blockSize: number;
  readonly devices: readonly (readonly Piece[])[];
  readonly dataBytes: number;
  readonly logBytes: number;
}

const typicalLogBytes = 65_536;
const smallestBlock = 512;
// Stripes differ in their pages, so that a mix-up shows; 64 of them shall not take 64 times the time.
const differentPages = 4;

export class StreamLibrary {
  readonly #instance: Instance;
  readonly #folder: string;
  readonly #known = new Map<string, Promise<DeviceStreams>>();

  constructor(instance: Instance, folder: string) {
    this.#instance = instance;
    this.#folder = folder;
  }

  streams(request: StreamRequest): Promise<DeviceStreams> {
    const spec = chooseSpec(request);
    const { database, ...rest } = request;
    const key = JSON.stringify([
      database.id,
      database.fullBackup?.setId,
      this.#logsOf(database),
      rest,
      spec,
    ]);
    let streams = this.#known.get(key);
    streams ??= this.#make(request, spec, key);
    this.#known.set(key, streams);
    return streams;
  }

  #make(request: StreamRequest, spec: StreamSpec, key: string): Promise<DeviceStreams> {
    switch (spec.kind) {
      case 'generate':
        return this.#generate(request, spec, key);
      case 'file':
        return fromFile(spec.path, request, key);
      case 'recipe':
        return fromRecipe(spec.path, request, key);
    }
  }

  #logsOf({ name }: Database): number {
    const { history } = this.#instance;
    return history.filter(({ database, type }) => type === 'L' && database === name).length;
  }

  async #generate(
    request: StreamRequest,
    spec: StreamSpec & { kind: 'generate' },
    key: string,
  ): Promise<DeviceStreams> {
    const { devices: count, blockSize } = request;
    const setId = uuidOf(key);
    const mediaSetId = mediaOf(key);
    const description = this.#describe(request, setId);
    const devices: Piece[][] = [];
    let dataBytes = 0;
    let logBytes = 0;
    for (let index = 0; index < count; index += 1) {
      const seed = (spec.seed ?? 1) + (index % differentPages);
      const mtf = generateMtf({
        description,
        family: { sequence: index + 1, count, mediaSetId },
        bytes: Math.ceil(spec.bytes / count),
        blockSize,
        seed,
        ratio: spec.ratio,
      });
      dataBytes += mtf.dataBytes;
      logBytes += mtf.logBytes;
      const pages = `pages-${seed}-${spec.ratio ?? 'usual'}`;
      devices.push(await spool(mtf, this.#folder, `${setId}-${index + 1}`, pages));
    }
    return { setId, mediaSetId, blockSize, devices, dataBytes, logBytes };
  }

  #describe(request: StreamRequest, setId: string): MtfDescription {
    const { database, type } = request;
    const instance = this.#instance;
    return {
      type,
      databaseName: database.name,
      serverName: instance.serverName,
      machineName: instance.machineName,
      userName: request.user,
      backupName: request.name ?? '',
      version: instance.versionParts,
      databaseId: database.id,
      compatibilityLevel:
        database.description.compatibilityLevel ?? (instance.versionParts[0] ?? 16) * 10,
      simple: database.recoveryModel === 'SIMPLE',
      checksums: request.checksum,
      ...(request.damaged && { damaged: true }),
      setId,
      recoveryFork: database.recoveryFork,
      baseSetId: database.fullBackup?.setId,
      logsBefore: this.#logsOf(database),
      created: database.created,
      started: instance.started,
      finished: instance.started,
      folder: String(serverProperty(instance, 'InstanceDefaultDataPath')),
      transferSize: request.transferSize,
    };
  }
}

function chooseSpec({ database, type, compression }: StreamRequest): StreamSpec {
  const { streams, differential, log, compressed } = database.description;
  const full = streams.kind === 'generate' ? streams : undefined;
  const generated = (share: number): StreamSpec => ({
    ...(full ?? { kind: 'generate', bytes: 8 * 1024 * 1024 }),
    bytes: Math.ceil((full?.bytes ?? 8 * 1024 * 1024) / share),
  });
  if (type === 'diff') return differential ?? generated(8);
  if (type === 'log') return log ?? generated(16);
  return compression && compressed ? compressed : streams;
}

async function fromFile(path: string, request: StreamRequest, key: string): Promise<DeviceStreams> {
  const { size } = await stat(path);
  return divided([{ path, offset: 0, length: size, count: 1 }], request, key);
}

async function fromRecipe(
  path: string,
  request: StreamRequest,
  key: string,
): Promise<DeviceStreams> {
  return divided(await readRecipe(path), request, key);
}

// A file keeps the block size it was written with: what does not divide its length cannot be the device's.
function divided(pieces: readonly Piece[], request: StreamRequest, key: string): DeviceStreams {
  const length = recipeLength(pieces);
  let { blockSize } = request;
  while (blockSize > smallestBlock && length % blockSize !== 0) blockSize /= 2;
  const devices =
    request.devices === 1 ? [pieces] : splitRecipe(pieces, request.devices, blockSize);
  const logBytes = request.type === 'log' ? length : Math.min(typicalLogBytes, length);
  const ids = { setId: uuidOf(key), mediaSetId: mediaOf(key) };
  return { ...ids, blockSize, devices, dataBytes: length - logBytes, logBytes };
}

function mediaOf(key: string): string {
  return uuidOf(`media ${key}`);
}

/** A GUID that is the same for the same text: repeated runs of a test see the same bytes. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex').toUpperCase();
  return [8, 12, 16, 20, 32]
    .map((end, index, ends) => hex.slice(ends[index - 1] ?? 0, end))
    .join('-');
}
