// Collects what the blocks of a stream say, in their order, and decides whether the stream is finished:
// a set ends MSLS SFMB ESET ESET SFMB. Not here: finding the blocks (walker.ts).

import type { BackupSet } from './backup-set.ts';
import type { BlockHeader } from './block.ts';
import type { MtfFacts } from './facts.ts';
import { mediaBlockSize } from './native-block-size.ts';
import { decodeConfiguration, listFiles } from './record/configuration.ts';
import { decodeMedia, type MtfMedia } from './record/media.ts';
import { decodeSetStart, decodeVolume } from './record/set-start.ts';

/** ESET attribute of a set that was given up. */
const aborted = 1 << 18;
const endBlocks = 2;
/** Types of blocks that are kept of the end of the stream: those of the end of a set, and one before. */
const keptTypes = 6;

/** Streams whose data `stream` wants to see, by block. */
const wantedStreams: Readonly<Record<string, string>> = {
  TAPE: 'RAID',
  MSCI: 'MQCI',
  MSLS: 'MQCI',
};

export class MtfSetReader {
  #media: MtfMedia = {};
  #form: Pick<MtfFacts, 'blockSize' | 'mediaAttributes'> = {};
  #sets = 0;
  /** SSET and VOLB of the set that passes by, decoded when asked for: only those of the last one ever are. */
  #start: Uint8Array | undefined;
  #volume: Uint8Array | undefined;
  /** MQCI streams of its start and its end. */
  #first: Uint8Array | undefined;
  #last: Uint8Array | undefined;
  #hasChecksums = false;
  #endBlocks = 0;
  #filemarks = 0;
  #aborted = false;
  /** Number of the first set that the next one follows without an end of its own. */
  #unended: number | undefined;
  readonly #lastBlocks: string[] = [];

  /** Whether `body` of this block is wanted whole. */
  wantsBody(block: BlockHeader): boolean {
    return block.type === 'TAPE' || block.type === 'SSET' || block.type === 'VOLB';
  }

  wantsStream(block: BlockHeader, id: string): boolean {
    return wantedStreams[block.type] === id;
  }

  /** The next block; `body` reaches to its first stream when it was wanted. */
  block(header: BlockHeader, body: Uint8Array): void {
    if (header.type === 'SSET' && this.#sets > 0 && !this.#ended()) this.#unended ??= this.#sets;
    this.#lastBlocks.push(header.type);
    if (this.#lastBlocks.length > keptTypes) this.#lastBlocks.shift();
    if (header.type === 'TAPE') this.#medium(header, body);
    else if (header.type === 'SSET') this.#begin(body);
    else if (header.type === 'VOLB') this.#volume = Buffer.from(body);
    else if (header.type === 'SFMB') this.#filemarks += 1;
    else if (header.type === 'ESET') {
      this.#endBlocks += 1;
      this.#aborted ||= (header.attributes & aborted) !== 0;
    }
  }

  /** The next stream of the block; `data` is whole when it was wanted, else empty. */
  stream(block: BlockHeader, id: string, data: Uint8Array): void {
    if (id === 'CSUM') this.#hasChecksums = true;
    else if (id === 'RAID' && block.type === 'TAPE') this.#media = decodeMedia(data);
    else if (id === 'MQCI' && block.type === 'MSCI') this.#first = data.slice();
    else if (id === 'MQCI' && block.type === 'MSLS') this.#last = data.slice();
  }

  /** @param whole whether the stream ended where a block ended */
  facts(whole: boolean): MtfFacts {
    return {
      compressed: false,
      complete: whole && this.#ended() && !this.#aborted && this.#unended === undefined,
      sets: this.#sets,
      ...(this.#unended !== undefined && { damage: `backup set ${this.#unended} has no end` }),
      ...this.#media,
      ...this.#form,
      lastBlocks: this.#lastBlocks.join(' '),
      ...(this.#sets > 0 && { set: this.#setFacts() }),
    };
  }

  #medium({ attributes }: BlockHeader, body: Uint8Array): void {
    const blockSize = mediaBlockSize(body);
    this.#media = {};
    this.#form = { mediaAttributes: attributes, ...(blockSize !== undefined && { blockSize }) };
  }

  #begin(body: Uint8Array): void {
    this.#sets += 1;
    // Buffer's way takes a small copy out of a pool: memory of its own costs as much as all else of a set.
    this.#start = Buffer.from(body);
    this.#volume = undefined;
    this.#first = undefined;
    this.#last = undefined;
    this.#hasChecksums = false;
    this.#endBlocks = 0;
    this.#aborted = false;
  }

  /** Whether the last set is there to its end, be it good or given up. */
  #ended(): boolean {
    if (this.#sets === 0 || !this.#last || this.#endBlocks < endBlocks) return false;
    // A device that keeps filemarks apart from the data (VDF_FileMarks) sends none at all.
    return this.#lastBlocks.at(-1) === (this.#filemarks > 0 ? 'SFMB' : 'ESET');
  }

  #setFacts(): BackupSet {
    const start = {
      ...(this.#start && decodeSetStart(this.#start)),
      ...(this.#volume && decodeVolume(this.#volume)),
    };
    const first = this.#first && decodeConfiguration(this.#first);
    const best = this.#last ? decodeConfiguration(this.#last) : first;
    if (!best) return start;
    const { hasBackupChecksums = false } = best.database;
    return {
      ...start,
      ...best.database,
      hasBackupChecksums: hasBackupChecksums || this.#hasChecksums,
      ...(!this.#last && { provisional: true }),
      files: listFiles(best, first),
    };
  }
}
