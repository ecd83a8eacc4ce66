// Checks the data of a backup stream as it passes by: CSUM streams (WITH CHECKSUM), page checksums, the order of its
// blocks (order-check.ts), and whether the two configurations of a set agree. The former are chains of sector sums
// (docs/mtf.md, "Data and checksums"); the sums come from whoever had the bytes in its cache, or are made here.
import { sectorBytes, sumSectors } from '../../memory/sector-sums.ts';
import type { BlockHeader } from '../block.ts';
import { MtfRecord } from '../fields.ts';
import { marksDamage } from '../record/configuration.ts';
import { SetIdentity } from '../record/set-identity.ts';
import { startFields } from '../record/set-start.ts';
import type { MtfDataObserver } from '../walker.ts';
import { disagreements, disagreementWords } from './agreement.ts';
import { MtfOrderCheck, type OrderDamage } from './order-check.ts';
import { PageCheck, pageBytes } from './page-check.ts';

/** Zero bytes in front of the data of every MQDA and MQTL stream. */
const leadBytes = 2;
export interface DataDamage {
  readonly code: 'page-checksum' | 'backup-checksum' | 'configuration' | OrderDamage['code'];
  readonly message: string;
  readonly rawOffset: number;
}

export class MtfDataCheck implements MtfDataObserver {
  readonly pages: PageCheck;
  readonly checksums = { checked: 0, bad: 0 };
  readonly backups = new SetIdentity();
  /** Sets that were taken of a database that was damaged then. */
  damagedDatabases = 0;
  readonly #order: MtfOrderCheck;
  readonly #onDamage: (damage: DataDamage) => void;
  /** Sums of the sectors from `#sumsAt` in the raw stream on. */
  #sums: Int32Array | undefined;
  #sumsAt = 0;
  /** Of the set that passes by, from its start. */
  #configuration: Uint8Array | undefined;
  #start = 0;
  #end = 0;
  #hasPages = false;
  #chain = 0;
  #spoilt = false;
  /** A sector that lies in two pieces. */
  readonly #cut = new Uint8Array(sectorBytes);
  readonly #cutWords = new Int32Array(this.#cut.buffer);
  readonly #cutSum = new Int32Array(1);
  #cutLength = 0;

  constructor(onDamage: (damage: DataDamage) => void) {
    this.#onDamage = onDamage;
    this.#order = new MtfOrderCheck(onDamage);
    this.pages = new PageCheck(({ fileId, pageId, rawOffset }) =>
      onDamage({
        code: 'page-checksum',
        message: `page ${fileId}:${pageId} at byte ${rawOffset} does not have its checksum`,
        rawOffset,
      }),
    );
  }

  /** Before a piece is pushed: the sums of its sectors, if there are any, and whether it is not what was written. */
  expect(sums: Int32Array | undefined, rawOffset: number, spoilt: boolean): void {
    this.#sums = sums;
    this.#sumsAt = rawOffset;
    if (spoilt) this.#spoilt = true;
  }

  block(header: BlockHeader, rawOffset: number): void {
    this.#order.block(header, rawOffset);
  }

  body(header: BlockHeader, body: Uint8Array, rawOffset: number): void {
    if (header.type === 'SFMB') {
      this.#order.filemark(body, rawOffset);
      return;
    }
    const start = new MtfRecord(body);
    this.#order.set(startFields.Position(start), rawOffset);
    this.backups.add(startFields.BackupSetGUID(start));
  }

  begins(id: string, position: number, length: number): void {
    // Length 0 ends a chain of MQDA streams: the CSUM in front of it has been seen.
    if (length <= leadBytes) return;
    this.#start = position + leadBytes;
    this.#end = position + length;
    this.#hasPages = id === 'MQDA' && (length - leadBytes) % pageBytes === 0;
    this.#chain = 0;
    this.#spoilt = false;
    this.#cutLength = 0;
  }

  data(bytes: Uint8Array, position: number): void {
    let at = Math.max(0, this.#start - position);
    if (this.#cutLength > 0) at += this.#fillCut(bytes, at, position);
    at += this.#run(bytes, at, position + at);
    for (; at + sectorBytes <= bytes.length; at += sectorBytes) {
      this.#sector(this.#sumOf(bytes, at), bytes, at, position + at);
    }
    if (at < bytes.length) this.#keepCut(bytes.subarray(at));
    if (position + bytes.length === this.#end) this.#ends();
  }

  checksum(value: number): void {
    if (this.#spoilt) return;
    this.checksums.checked += 1;
    if (value === this.#chain >>> 0) return;
    this.checksums.bad += 1;
    this.#onDamage({
      code: 'backup-checksum',
      message: `the data from byte ${this.#start} to ${this.#end} does not have its backup checksum`,
      rawOffset: this.#start,
    });
  }

  configuration(block: string, data: Uint8Array, rawOffset: number): void {
    const first = this.#configuration;
    this.#configuration = block === 'MSCI' ? data.slice() : undefined;
    if (block !== 'MSLS') return;
    if (marksDamage(data)) this.damagedDatabases += 1;
    if (!first) return;
    for (const one of disagreements(first, data))
      this.#onDamage({
        code: 'configuration',
        message: `the backup set contradicts itself: ${disagreementWords(one)}`,
        rawOffset,
      });
  }

  #ends(): void {
    if (this.#cutLength > 0) {
      this.#cut.fill(0, this.#cutLength);
      this.#sector(this.#sumOfCut(), this.#cut, 0, this.#end - this.#cutLength);
      this.#cutLength = 0;
    }
    this.pages.end();
  }

  #sector(sum: number, bytes: Uint8Array, at: number, rawOffset: number): void {
    this.#chain = ((this.#chain << 1) | (this.#chain >>> 31)) ^ sum;
    if (this.#hasPages) this.pages.sector(sum, bytes, at, rawOffset);
  }

  /** Takes the sectors whose sums are known; bytes used. */
  #run(bytes: Uint8Array, at: number, rawOffset: number): number {
    const sums = this.#sums;
    const index = (rawOffset - this.#sumsAt) / sectorBytes;
    if (!sums || !Number.isInteger(index) || index < 0) return 0;
    const whole = Math.floor((bytes.length - at) / sectorBytes);
    const sectors = Math.max(0, Math.min(whole, sums.length - index));
    let chain = this.#chain;
    for (let sector = index; sector < index + sectors; sector += 1)
      chain = ((chain << 1) | (chain >>> 31)) ^ (sums[sector] as number);
    this.#chain = chain;
    if (this.#hasPages) this.pages.run(sums, index, sectors, bytes, at, rawOffset);
    return sectors * sectorBytes;
  }

  #sumOf(bytes: Uint8Array, at: number): number {
    this.#cut.set(bytes.subarray(at, at + sectorBytes));
    return this.#sumOfCut();
  }

  #sumOfCut(): number {
    sumSectors(this.#cutWords, 1, this.#cutSum);
    return this.#cutSum[0] as number;
  }

  #keepCut(rest: Uint8Array): void {
    this.#cut.set(rest, this.#cutLength);
    this.#cutLength += rest.length;
  }

  /** Completes the sector that the piece before began; bytes used. */
  #fillCut(bytes: Uint8Array, at: number, position: number): number {
    const used = Math.min(sectorBytes - this.#cutLength, bytes.length - at);
    this.#keepCut(bytes.subarray(at, at + used));
    if (this.#cutLength === sectorBytes) {
      this.#cutLength = 0;
      this.#sector(this.#sumOfCut(), this.#cut, 0, position + at + used - sectorBytes);
    }
    return used;
  }
}
