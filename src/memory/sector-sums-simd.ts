// memory/sector-sums.ts with 16 bytes at a time: WebAssembly SIMD over the memory of a frame pool. The module is
// small enough to be spelt out here, instruction by instruction, which keeps binary files out of the sources.

import { sectorBytes } from './sector-sums.ts';

/** A memory that both JavaScript threads and the function below can reach. */
export interface SharedMemory {
  readonly buffer: ArrayBufferLike;
}

/** What is used of WebAssembly, which Node has and its type definitions lack. */
interface Wasm {
  readonly Memory: new (limits: { initial: number; maximum: number; shared: true }) => SharedMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

const wasm = (globalThis as unknown as { WebAssembly: Wasm }).WebAssembly;

/** WebAssembly's unit of memory, and the most it can address. */
const wasmPageBytes = 65_536;
const maxWasmPages = 65_536;

type SumSectors = (at: number, sectors: number, sumsAt: number) => void;

/** At least `bytes` of shared memory; undefined where WebAssembly cannot give so much. */
export function sharedMemory(bytes: number): SharedMemory | undefined {
  const pages = Math.ceil(bytes / wasmPageBytes);
  if (pages > maxWasmPages) return undefined;
  try {
    return new wasm.Memory({ initial: pages, maximum: pages, shared: true });
  } catch {
    return undefined;
  }
}

/** Sums whole sectors from offset `at` of `memory` into 32-bit words from offset `sumsAt`, a multiple of 4. */
export function simdSummer(memory: SharedMemory): SumSectors {
  const module = new wasm.Module(moduleBytes());
  const { exports } = new wasm.Instance(module, { e: { m: memory } });
  return exports.s as SumSectors;
}

const i32 = 0x7f;
const v128 = 0x7b;
const [at, sectors, sumsAt, sum] = [0, 1, 2, 3];

function moduleBytes(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [0x60, 3, i32, i32, i32, 0]),
    // The memory "e"."m", shared, of any size up to the largest.
    ...section(2, [1, 0x65, 1, 0x6d, 0x02, 0x03, ...leb(1), ...leb(maxWasmPages)]),
    ...section(3, [0]),
    ...section(7, [1, 0x73, 0x00, 0]),
    ...section(10, sized([1, 1, v128, ...code()])),
  ]);
}

/**
 * at += 512 * sectors; sumsAt += 4 * sectors;
 * for (; sectors != 0; sectors -= 1) { at -= 512; sumsAt -= 4; *sumsAt = fold(xor of the sector); }
 *
 * From the last sector to the first: of a frame that was just decompressed, its end is still in the nearer caches. It
 * saves an eighth of the time.
 */
function code(): number[] {
  return [
    ...[...get(at), ...get(sectors), 0x41, 9, 0x74, 0x6a, 0x21, at],
    ...[...get(sumsAt), ...get(sectors), 0x41, 2, 0x74, 0x6a, 0x21, sumsAt],
    ...[0x02, 0x40, 0x03, 0x40], // block, loop
    ...[...get(sectors), 0x45, 0x0d, 1], // leave when none is left
    ...add(at, -sectorBytes),
    ...add(sumsAt, -4),
    ...loadAndXor(),
    ...[0x21, sum],
    ...get(sumsAt),
    ...[...lane(0), ...lane(1), 0x73, ...lane(2), 0x73, ...lane(3), 0x73],
    ...[0x36, 2, 0], // i32.store
    ...add(sectors, -1),
    ...[0x0c, 0, 0x0b, 0x0b, 0x0b], // again; end of loop, block, function
  ];
}

function loadAndXor(): number[] {
  const load = (offset: number) => [...get(at), 0xfd, 0x00, 4, ...leb(offset)];
  const bytes = load(0);
  for (let offset = 16; offset < sectorBytes; offset += 16) bytes.push(...load(offset), 0xfd, 0x51);
  return bytes;
}

function get(local: number): number[] {
  return [0x20, local];
}

function lane(index: number): number[] {
  return [...get(sum), 0xfd, 0x1b, index];
}

function add(local: number, value: number): number[] {
  return [...get(local), 0x41, ...signedLeb(value), 0x6a, 0x21, local];
}

/** A section with one entry. */
function section(id: number, entry: readonly number[]): number[] {
  return [id, ...sized([1, ...entry])];
}

function sized(bytes: readonly number[]): number[] {
  return [...leb(bytes.length), ...bytes];
}

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

function signedLeb(value: number): number[] {
  return value >= -0x40 && value < 0x40
    ? [value & 0x7f]
    : [(value & 0x7f) | 0x80, ...signedLeb(value >> 7)];
}
