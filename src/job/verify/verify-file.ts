// Verifies one stored backup from its first byte to its last, and goes on behind what is damaged.

import { MssqlbakCheck, type RecordDamage } from '../../archive/mssqlbak-check.js';
import {
  finishedArchive,
  openBackup,
  type StoredBackup,
} from '../../archive/reader/archive-reader.js';
import type { Abort } from '../../base/abort.js';
import { asError, Failure } from '../../errors.js';
import { type DataDamage, MtfDataCheck } from '../../mtf/check/data-check.js';
import type { MtfFacts } from '../../mtf/facts.js';
import { MtfWalker } from '../../mtf/walker.js';
import type { RawPiece, RawReader } from '../../pipeline/decompress/raw-reader.js';
import type { ReadPipeline } from '../../pipeline/decompress/read-pipeline.js';
import type { Damage, StripePlace, VerifiedFile } from './verify-report.js';

/** Damages told one by one; a file that is bad all over needs no more. */
const maxDamages = 100;

export interface VerifyTools {
  readonly pipeline: ReadPipeline;
  readonly abort: Abort;
  readonly onDamage: (damage: Damage) => void;
  readonly onWarning: (code: string, message: string) => void;
  /** A piece is done: raw bytes of it, and how far in the file that is. */
  readonly onProgress: (rawBytes: number, storedEnd: number) => void;
}

/** Throws only what is no finding: an abort, a file that cannot be read, a thread that died. */
export async function verifyFile(file: string, tools: VerifyTools): Promise<VerifiedFile> {
  const found = new Findings(tools.onDamage);
  let backup: StoredBackup;
  try {
    backup = await openBackup(file);
  } catch (thrown) {
    found.add(finding(thrown, file));
    return { file, form: undefined, good: false, ...emptyFile, ...found.report() };
  }
  try {
    return await new FileVerification(backup, found, tools).run();
  } finally {
    await ended(backup.source.close(), tools.abort);
  }
}

/** What is reported of a file that could not be read. */
export function unreadFile(file: string, { code, message }: Failure): VerifiedFile {
  const damage = [{ code, message }];
  return { file, form: undefined, good: false, unread: true, ...emptyFile, damage };
}

const emptyFile = { storedBytes: 0, rawBytes: 0, goodRawBytes: 0 };

class FileVerification {
  readonly #backup: StoredBackup;
  readonly #found: Findings;
  readonly #tools: VerifyTools;
  readonly #walker: MtfWalker;
  readonly #data: MtfDataCheck;
  readonly #records: MssqlbakCheck;
  #facts: MtfFacts | undefined;
  #compressed = false;
  #rawBytes = 0;
  /** Where the first damage begins. */
  #goodRawBytes = Number.POSITIVE_INFINITY;
  #badFrames = 0;
  readonly #warned = new Set<string>();
  #broken = false;

  constructor(backup: StoredBackup, found: Findings, tools: VerifyTools) {
    this.#backup = backup;
    this.#found = found;
    this.#tools = tools;
    this.#data = new MtfDataCheck((damage) => this.#dataDamage(damage));
    this.#records = new MssqlbakCheck((damage) => this.#dataDamage(damage));
    this.#walker = new MtfWalker(this.#data);
  }

  async run(): Promise<VerifiedFile> {
    await this.#ends();
    const reader = this.#tools.pipeline.read(this.#backup, { sums: true, tolerant: true });
    try {
      await this.#read(reader);
    } catch (thrown) {
      this.#broken = true;
      this.#spoiltFrom(this.#rawBytes);
      this.#found.add(finding(thrown, this.#backup.source.name));
    } finally {
      await ended(reader.stop(), this.#tools.abort);
    }
    if (this.#compressed) this.#records.end();
    this.#facts = this.#walker.end();
    this.#judgeStream();
    this.#judgeTotals();
    return this.#report(reader.frames);
  }

  /** An archive without good ends is read all the same: what it holds is worth knowing. */
  async #ends(): Promise<void> {
    if (this.#backup.form !== 'archive') return;
    const finished = await finishedArchive(this.#backup).catch((thrown: unknown) => {
      this.#found.add(finding(thrown, this.#backup.source.name));
      return undefined;
    });
    if (finished && finished.ends.trailer.finished === undefined) {
      this.#tools.onWarning(
        'unconfirmed',
        `${this.#backup.source.name} is whole, but whether SQL Server called the backup a success was not recorded`,
      );
    }
  }

  async #read(reader: RawReader): Promise<void> {
    const { abort, onProgress } = this.#tools;
    for (;;) {
      const piece = await abort.race(reader.next());
      if (!piece) return;
      this.#take(piece);
      reader.release(piece);
      onProgress(piece.bytes, piece.storedEnd);
    }
  }

  #take(piece: RawPiece): void {
    const { pipeline } = this.#tools;
    const bytes = pipeline.bytes(piece);
    if (piece.rawOffset === 0) this.#compressed = isCompressed(bytes);
    if (piece.failure) this.#badFrame(piece, piece.failure);
    this.#data.expect(pipeline.sums(piece), piece.rawOffset, piece.failure !== undefined);
    this.#walker.push(bytes);
    if (this.#compressed) this.#records.push(bytes);
    this.#rawBytes += piece.bytes;
  }

  #dataDamage(damage: DataDamage | RecordDamage): void {
    if (this.#isDamage(damage.code)) {
      this.#spoiltFrom(damage.rawOffset);
      this.#found.add(damage);
    } else this.#warn(damage);
  }

  /** Good frames are as SQL Server sent them: then a contradiction is its own, of a kind that nobody has met yet. */
  #isDamage(code: (DataDamage | RecordDamage)['code']): boolean {
    if (code === 'second-media') return false;
    const isContradiction = code === 'configuration' || code === 'block-order';
    return !isContradiction || this.#backup.form !== 'archive' || this.#badFrames > 0;
  }

  /** Of each kind the first one: there may be as many as there are backup sets. */
  #warn({ code, message }: DataDamage | RecordDamage): void {
    if (this.#warned.has(code)) return;
    this.#warned.add(code);
    this.#tools.onWarning(code, `${this.#backup.source.name}: ${message}`);
  }

  #badFrame(piece: RawPiece, failure: Failure): void {
    this.#badFrames += 1;
    this.#spoiltFrom(piece.rawOffset);
    this.#found.add({ ...finding(failure, this.#backup.source.name), rawOffset: piece.rawOffset });
  }

  #spoiltFrom(rawOffset: number): void {
    this.#goodRawBytes = Math.min(this.#goodRawBytes, rawOffset);
  }

  /** After a damaged frame the framing inside says nothing that is not known already. */
  #judgeStream(): void {
    const { name } = this.#backup.source;
    if (this.#badFrames > 0 || this.#broken) return;
    if (!this.#facts) {
      this.#found.add({ code: 'not-a-backup', message: `${name} holds no backup of SQL Server` });
      this.#spoiltFrom(0);
    } else if (!this.#facts.complete) {
      const why = this.#facts.damage ?? 'it does not end as a finished backup does';
      if (!this.#compressed) this.#spoiltFrom(this.#walker.followedTo);
      this.#found.add({
        code: 'stream-incomplete',
        message: `the backup in ${name} is cut: ${why}`,
      });
    }
  }

  #judgeTotals(): void {
    const backup = this.#backup;
    if (backup.form !== 'archive' || !backup.ends || this.#broken) return;
    const inside = this.#facts?.set?.database;
    if (inside !== undefined && inside.toLowerCase() !== backup.header.database.toLowerCase()) {
      const message = `${backup.source.name} is named after ${backup.header.database}, but holds ${inside}`;
      this.#tools.onWarning('other-database', message);
    }
  }

  #report(frames: number): VerifiedFile {
    const { source, form } = this.#backup;
    const { pages, checksums } = this.#data;
    const { checked, bad, unchecked } = pages;
    const stripe = this.#place();
    return {
      file: source.name,
      form,
      good: this.#found.none,
      storedBytes: source.bytes,
      rawBytes: this.#rawBytes,
      goodRawBytes: Math.min(this.#rawBytes, this.#goodRawBytes),
      ...(frames > 0 && { frames: { checked: frames, bad: this.#badFrames } }),
      ...(checked + unchecked > 0 && { pages: { checked, bad, unchecked } }),
      ...(checksums.checked > 0 && { backupChecksums: { ...checksums } }),
      ...(this.#compressed && { records: { ...this.#records.records } }),
      ...(this.#facts && { sets: this.#facts.sets }),
      ...(stripe && { stripe }),
      ...this.#found.report(),
    };
  }

  #place(): StripePlace | undefined {
    if (this.#backup.form === 'archive') {
      const { setId, stripe, stripes } = this.#backup.header;
      return { set: setId, stripe, stripes };
    }
    const { mediaSetId, familySequence, familyCount } = this.#facts ?? {};
    if (mediaSetId === undefined || !familySequence || !familyCount) return undefined;
    const { value: backups } = this.#data.backups;
    const place = { set: mediaSetId, stripe: familySequence, stripes: familyCount };
    return { ...place, ...(backups !== undefined && { backups }) };
  }
}

/** After an abort a read may be under way that never ends: nothing waits for it. */
async function ended(end: Promise<void>, abort: Abort): Promise<void> {
  if (abort.cause) end.catch(asError);
  else await end;
}

/** Counts all, keeps the first. */
class Findings {
  readonly #damage: Damage[] = [];
  readonly #onDamage: (damage: Damage) => void;
  #omitted = 0;

  constructor(onDamage: (damage: Damage) => void) {
    this.#onDamage = onDamage;
  }

  get none(): boolean {
    return this.#damage.length === 0;
  }

  add(damage: Damage): void {
    if (this.#damage.length >= maxDamages) {
      this.#omitted += 1;
      return;
    }
    this.#damage.push(damage);
    this.#onDamage(damage);
  }

  report(): { damage: readonly Damage[]; damageOmitted?: number } {
    const omitted = this.#omitted > 0 ? { damageOmitted: this.#omitted } : {};
    return { damage: this.#damage, ...omitted };
  }
}

function offsetIn(words: string): number | undefined {
  const offset = /at byte (\d+)/.exec(words)?.[1];
  return offset === undefined ? undefined : Number(offset);
}

/** What was thrown about the file `name` as a finding; thrown again when it is none. */
function finding(thrown: unknown, name: string): Damage {
  if (!(thrown instanceof Failure) || thrown.kind !== 'integrity') throw asError(thrown);
  const { code, message, hints } = thrown;
  const offset = offsetIn(message.replaceAll(name, ''));
  const [hint] = hints;
  return { code, message, ...(offset !== undefined && { offset }), ...(hint && { hint }) };
}

function isCompressed(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(0, 8)) === 'MSSQLBAK';
}
