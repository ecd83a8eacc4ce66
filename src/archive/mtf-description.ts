// What a raw stream holds: its media and its backup sets, from headers and configurations only.
import { type Disagreement, disagreements } from './mtf-agreement.ts';
import { allHops, type HoppedBlock, hopBlocks } from './mtf-block-hops.ts';
import { fileRows, headerRow, mediaRow, type Row, type SetBlocks } from './mtf-only-rows.ts';
import type { RawBytes } from './raw-bytes.ts';

export interface SetDescription {
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
}

/** Never throws for any bytes; what was not reached is absent. Looks for the first `most` sets. */
export async function describeMtf(
  raw: RawBytes,
  most = Number.POSITIVE_INFINITY,
): Promise<MtfDescription> {
  const collector = new BlockCollector();
  const hops = allHops();
  for await (const block of hopBlocks(raw, 0, ['RAID', 'MQCI'], hops)) {
    if (block.type === 'SSET' && collector.sets === most) return collector.describe(false, true);
    collector.block(block);
  }
  return collector.describe(false, raw.gaveUp || hops.left <= 0);
}

/** Takes blocks in the order of the stream. */
export class BlockCollector {
  #media: Row | undefined;
  readonly #sets: SetBlocks[] = [];

  /** Keeps copies: what the block shows may be a view of a whole frame, and there can be thousands of sets. */
  block({ type, body, streams }: HoppedBlock): void {
    const set = this.#sets.at(-1);
    const config = streams.get('MQCI');
    if (type === 'TAPE') this.#media = mediaRow(body, streams.get('RAID'));
    else if (type === 'SSET') this.#sets.push({ start: body.slice() });
    else if (set && type === 'VOLB') set.volume = body.slice();
    else if (set && config && type === 'MSCI') set.first = config.slice();
    else if (set && config && type === 'MSLS') set.last = config.slice();
  }

  /** Sets begun. */
  get sets(): number {
    return this.#sets.length;
  }

  describe(compressed: boolean, more: boolean): MtfDescription {
    return {
      media: this.#media,
      more,
      sets: this.#sets.map((set) => ({
        header: headerRow(set, compressed),
        files: fileRows(set),
        ...contradictions(set),
      })),
    };
  }
}

function contradictions({ first, last }: SetBlocks): Pick<SetDescription, 'disagreements'> {
  const found = first && last ? disagreements(first, last) : [];
  return found.length > 0 ? { disagreements: found } : {};
}
