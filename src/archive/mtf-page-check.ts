// Page checksums (PAGE_VERIFY CHECKSUM): the chained sector sums of a page, its own checksum field taken as
// zero, must be what that field says. Fed with the sums of consecutive sectors.

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

export interface BadPage {
  readonly fileId: number;
  readonly pageId: number;
  /** Of its first byte in the raw stream. */
  readonly rawOffset: number;
}

interface Page {
  readonly rawOffset: number;
  readonly pageId: number;
  readonly fileId: number;
  readonly hasChecksum: boolean;
  readonly good: boolean;
}

export class PageCheck {
  checked = 0;
  bad = 0;
  /** Pages without a checksum, or never allocated: their content is whatever was on the disk. */
  unchecked = 0;
  readonly #onBad: (page: BadPage) => void;
  #extent: Page[] = [];
  #sector = 0;
  #sum = 0;
  #stored = 0;
  #head: Omit<Page, 'good'> = nowhere;

  constructor(onBad: (page: BadPage) => void) {
    this.#onBad = onBad;
  }

  /** The next sector: its sum, and its bytes from `at` on. */
  sector(sum: number, bytes: Uint8Array, at: number, rawOffset: number): void {
    if (this.#sector === 0) {
      this.#stored = u32(bytes, at + checksumAt);
      this.#head = pageHead(bytes, at, rawOffset);
      this.#sum = sum ^ this.#stored;
    } else this.#sum = ((this.#sum << 1) | (this.#sum >>> 31)) ^ sum;
    this.#sector += 1;
    if (this.#sector === sectorsPerPage) this.#endPage();
  }

  /** The stream is over: an extent may be short. */
  end(): void {
    this.#judge();
    this.#sector = 0;
  }

  #endPage(): void {
    this.#sector = 0;
    this.#extent.push({ ...this.#head, good: this.#sum === this.#stored });
    if (this.#extent.length === pagesPerExtent) this.#judge();
  }

  /** A page that does not name itself as its neighbours do was never allocated. */
  #judge(): void {
    const extent = this.#extent;
    if (extent.length === 0) return;
    this.#extent = [];
    const home = commonHome(extent);
    for (const [index, page] of extent.entries()) {
      const fits = page.fileId === home.fileId && page.pageId - index === home.pageId;
      if (!fits || !page.hasChecksum) this.unchecked += 1;
      else if (page.good) this.checked += 1;
      else {
        this.checked += 1;
        this.bad += 1;
        this.#onBad(page);
      }
    }
  }
}

const nowhere = { rawOffset: 0, pageId: 0, fileId: 0, hasChecksum: false };

function pageHead(bytes: Uint8Array, at: number, rawOffset: number): Omit<Page, 'good'> {
  const flags = u16(bytes, at + flagsAt);
  return {
    rawOffset,
    pageId: u32(bytes, at + pageIdAt) >>> 0,
    fileId: u16(bytes, at + fileIdAt),
    hasChecksum: bytes[at] === headerVersion && (flags & checksumFlag) !== 0,
  };
}

/** Where most pages of the extent say that it begins. */
function commonHome(extent: readonly Page[]): { pageId: number; fileId: number } {
  let best = { pageId: 0, fileId: 0, votes: 0 };
  for (const [index, { pageId, fileId }] of extent.entries()) {
    const first = pageId - index;
    if (first === best.pageId && fileId === best.fileId) continue;
    let votes = 0;
    for (const [other, page] of extent.entries()) {
      if (page.pageId - other === first && page.fileId === fileId) votes += 1;
    }
    if (votes > best.votes) best = { pageId: first, fileId, votes };
  }
  return best;
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}

function u32(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) | (u16(bytes, at + 2) << 16);
}
