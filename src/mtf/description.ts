// What a raw stream holds: its media and its backup sets, from headers and configurations only.
import { MiB } from '../base/byte-size.ts';
import { type HoppedBlock, Hops, hopBlocks } from './block-hops.ts';
import { type Disagreement, disagreements } from './check/agreement.ts';
import { fileRows, headerRow, mediaRow, type SetBlocks } from './only-rows.ts';
import type { RawBytes } from './raw-bytes.ts';
import type { Row } from './row.ts';

/** Bytes of all blocks that are described, 32 MiB: words and rows take a few times as much. SQL Server's have KiBs. */
const maxKeptBytes = 32 * MiB;
/** Rows of files and contradictions that are told: a row takes 1 KiB, and may have been told in a quarter of that. */
const maxRows = 20_000;

interface SetDescription {
  readonly header: Row;
  readonly files: readonly Row[];
  /** Where its start and its end contradict each other; absent when they do not. */
  readonly disagreements?: readonly Disagreement[];
}

export interface MtfDescription {
  readonly media: Row | undefined;
  readonly sets: readonly SetDescription[];
  /** More sets may follow: they were not asked for, or finding them would have taken reading too much. */
  readonly more: boolean;
  /** Why nothing is told, in words that follow a name: its form is not known, which does not make it damaged. */
  readonly unknown?: string;
}

/** Never throws for any bytes; what was not reached is absent. Looks for the first `most` sets. */
export async function describeMtf(
  raw: RawBytes,
  most = Number.POSITIVE_INFINITY,
): Promise<MtfDescription> {
  const collector = new BlockCollector(false);
  const hops = new Hops();
  for await (const block of hopBlocks(raw, 0, ['RAID', 'MQCI'], hops)) {
    const enough = collector.sets === most || collector.full;
    if (block.type === 'SSET' && enough) return collector.describe(true);
    collector.block(block);
  }
  return collector.describe(raw.gaveUp || hops.spent);
}

/** Takes blocks in the order of the stream. */
export class BlockCollector {
  readonly #compressed: boolean;
  #media: Row | undefined;
  readonly #described: SetDescription[] = [];
  /** The set whose blocks come now. */
  #set: SetBlocks | undefined;
  #kept = 0;
  #rows = 0;

  /** `compressed`: by SQL Server. */
  constructor(compressed: boolean) {
    this.#compressed = compressed;
  }

  /** Keeps copies: what the block shows may be a view of a whole frame. */
  block({ type, body, streams }: HoppedBlock): void {
    const set = this.#set;
    const config = streams.get('MQCI');
    if (type === 'TAPE') this.#media = mediaRow(body, streams.get('RAID'));
    else if (type === 'SSET') this.#begin(body);
    else if (set && type === 'VOLB') set.volume = this.#copy(body);
    else if (set && config && type === 'MSCI') set.first = this.#copy(config);
    else if (set && config && type === 'MSLS') set.last = this.#copy(config);
  }

  /** Sets begun. */
  get sets(): number {
    return this.#described.length + (this.#set ? 1 : 0);
  }

  /** No further set should be begun: what is told of those there are takes memory enough. */
  get full(): boolean {
    return this.#kept >= maxKeptBytes || this.#rows >= maxRows;
  }

  describe(more: boolean): MtfDescription {
    this.#end();
    return { media: this.#media, more, sets: this.#described };
  }

  #begin(body: Uint8Array): void {
    this.#end();
    this.#set = { start: this.#copy(body) };
  }

  /** Its blocks are given up for what they say: a configuration of 1 MiB may say very little. */
  #end(): void {
    const set = this.#set;
    if (!set) return;
    const header = headerRow(set, this.#compressed);
    const described = { header, files: fileRows(set), ...contradictions(set) };
    this.#rows += described.files.length + (described.disagreements?.length ?? 0);
    this.#described.push(described);
    this.#set = undefined;
  }

  #copy(bytes: Uint8Array): Uint8Array {
    this.#kept += bytes.length;
    return bytes.slice();
  }
}

function contradictions({ first, last }: SetBlocks): Pick<SetDescription, 'disagreements'> {
  const found = first && last ? disagreements(first, last) : [];
  return found.length > 0 ? { disagreements: found } : {};
}
