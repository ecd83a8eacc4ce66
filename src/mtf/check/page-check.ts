// Page checksums (PAGE_VERIFY CHECKSUM): the chained sector sums of a page, its own checksum field taken as
// zero, must be what that field says. Fed with the sums of consecutive sectors.

import { sectorBytes } from '../../memory/sector-sums.ts';

export const pageBytes = 8192;
const sectorsPerPage = 16;
const pagesPerExtent = 8;
/** Fields of the page header, by offset. */
const flagsAt = 4;
const pageIdAt = 32;
const fileIdAt = 36;
const checksumAt = 60;
const checksumFlag = 0x200;
const headerVersion = 1;

interface BadPage {
  readonly fileId: number;
  readonly pageId: number;
  /** Of its first byte in the raw stream. */
  readonly rawOffset: number;
}

/** One extent of pages, kept in columns: a verification sees hundreds of thousands of pages a second. */
class Extent {
  readonly rawOffset = new Float64Array(pagesPerExtent);
  readonly pageId = new Float64Array(pagesPerExtent);
  readonly fileId = new Int32Array(pagesPerExtent);
  readonly hasChecksum = new Uint8Array(pagesPerExtent);
  readonly good = new Uint8Array(pagesPerExtent);
  pages = 0;

  /** How many pages say that this extent begins where page `index` says. */
  votes(index: number): number {
    const first = (this.pageId[index] as number) - index;
    let votes = 0;
    for (let other = 0; other < this.pages; other += 1) {
      const agrees = (this.pageId[other] as number) - other === first;
      if (agrees && this.fileId[other] === this.fileId[index]) votes += 1;
    }
    return votes;
  }

  /** The first page that most of the others agree with. */
  home(): number {
    let [best, most] = [0, 0];
    for (let index = 0; index < this.pages; index += 1) {
      const votes = this.votes(index);
      if (votes === this.pages) return index;
      if (votes > most) [best, most] = [index, votes];
    }
    return best;
  }

  /** Whether page `index` names itself as its neighbours do; one that does not was never allocated. */
  fits(index: number, home: number): boolean {
    const distance = (this.pageId[index] as number) - (this.pageId[home] as number);
    return distance === index - home && this.fileId[index] === this.fileId[home];
  }
}

export class PageCheck {
  checked = 0;
  bad = 0;
  /** Pages without a checksum, or never allocated: their content is whatever was on the disk. */
  unchecked = 0;
  readonly #onBad: (page: BadPage) => void;
  readonly #extent = new Extent();
  #sector = 0;
  #sum = 0;
  #stored = 0;

  constructor(onBad: (page: BadPage) => void) {
    this.#onBad = onBad;
  }

  /** The next sector: its sum, and its bytes from `at` on. */
  sector(sum: number, bytes: Uint8Array, at: number, rawOffset: number): void {
    if (this.#sector === 0) this.#begin(sum, bytes, at, rawOffset);
    else this.#sum = ((this.#sum << 1) | (this.#sum >>> 31)) ^ sum;
    this.#sector += 1;
    if (this.#sector === sectorsPerPage) this.#endPage();
  }

  /** As `sector`, for `sectors` of them, whose sums are `sums` from `index` on. */
  run(
    sums: Int32Array,
    index: number,
    sectors: number,
    bytes: Uint8Array,
    at: number,
    rawOffset: number,
  ): void {
    for (let done = 0; done < sectors; ) {
      const offset = done * sectorBytes;
      this.sector(sums[index + done] as number, bytes, at + offset, rawOffset + offset);
      done += 1;
      // The rest of the page in one go: only its first sector has a header.
      const rest = Math.min(sectorsPerPage - this.#sector, sectors - done);
      if (this.#sector === 0 || rest === 0) continue;
      let sum = this.#sum;
      for (const end = done + rest; done < end; done += 1)
        sum = ((sum << 1) | (sum >>> 31)) ^ (sums[index + done] as number);
      this.#sum = sum;
      this.#sector += rest;
      if (this.#sector === sectorsPerPage) this.#endPage();
    }
  }

  /** The stream is over: an extent may be short. */
  end(): void {
    this.#judge();
    this.#sector = 0;
  }

  #begin(sum: number, bytes: Uint8Array, at: number, rawOffset: number): void {
    const extent = this.#extent;
    const page = extent.pages;
    const flags = u16(bytes, at + flagsAt);
    extent.rawOffset[page] = rawOffset;
    extent.pageId[page] = u32(bytes, at + pageIdAt) >>> 0;
    extent.fileId[page] = u16(bytes, at + fileIdAt);
    extent.hasChecksum[page] = bytes[at] === headerVersion && (flags & checksumFlag) !== 0 ? 1 : 0;
    this.#stored = u32(bytes, at + checksumAt);
    this.#sum = sum ^ this.#stored;
  }

  #endPage(): void {
    const extent = this.#extent;
    this.#sector = 0;
    extent.good[extent.pages] = this.#sum === this.#stored ? 1 : 0;
    extent.pages += 1;
    if (extent.pages === pagesPerExtent) this.#judge();
  }

  #judge(): void {
    const extent = this.#extent;
    const home = extent.home();
    for (let page = 0; page < extent.pages; page += 1) {
      if (extent.hasChecksum[page] === 0 || !extent.fits(page, home)) this.unchecked += 1;
      else {
        this.checked += 1;
        if (extent.good[page] === 0) this.#tell(page);
      }
    }
    extent.pages = 0;
  }

  #tell(page: number): void {
    const { fileId, pageId, rawOffset } = this.#extent;
    this.bad += 1;
    this.#onBad({
      fileId: fileId[page] as number,
      pageId: pageId[page] as number,
      rawOffset: rawOffset[page] as number,
    });
  }
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}

function u32(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) | (u16(bytes, at + 2) << 16);
}
