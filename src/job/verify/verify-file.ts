// Verifies one stored backup from its first byte to its last, and goes on behind what is damaged.

import { finishedArchive, openBackup } from '../../archive/reader/archive-reader.ts';
import type { StoredBackup } from '../../archive/reader/stored-archive.ts';
import type { Abort } from '../../base/abort.ts';
import { asError, type Failure } from '../../base/errors.ts';
import { type DataDamage, MtfDataCheck } from '../../mtf/check/data-check.ts';
import type { MtfFacts } from '../../mtf/facts.ts';
import { MssqlbakCheck, type RecordDamage } from '../../mtf/mssqlbak/check.ts';
import { MtfWalker } from '../../mtf/walker.ts';
import type { RawPiece, RawReader } from '../../pipeline/decompress/raw-reader.ts';
import type { ReadPipeline } from '../../pipeline/decompress/read-pipeline.ts';
import { isOfDamagedDatabase } from '../sets/damaged-database.ts';
import { noBackupHint } from '../sets/not-a-backup.ts';
import type { StripePlace } from '../sets/stripe-set.ts';
import { unconfirmedWarning } from '../sets/unconfirmed-warning.ts';
import { Findings, finding } from './verify-findings.ts';
import type { Damage, Verdict, VerifiedFile } from './verify-report.ts';

/** What may only mean that SQL Server writes in a way that nobody has met yet. */
const formDoubts: readonly string[] = [
  'configuration',
  'block-order',
  'record-chain',
  'record-size',
];
const uncheckedHint =
  'Have SQL Server read it: vdibackup verify --verifyonly, or a drill. What is not known here is not damage.';

export interface VerifyTools {
  readonly pipeline: ReadPipeline;
  readonly abort: Abort;
  readonly onDamage: (damage: Damage) => void;
  readonly onWarning: (code: string, message: string, hint?: string) => void;
  /** A piece is done: raw bytes of it, and how far in the file that is. */
  readonly onProgress: (rawBytes: number, storedEnd: number) => void;
}

/** Throws only what is no finding: an abort, a file that cannot be read, a thread that died. */
export async function verifyFile(file: string, tools: VerifyTools): Promise<VerifiedFile> {
  const found = new Findings(tools.onDamage);
  let backup: StoredBackup;
  try {
    backup = await tools.abort.race(openBackup(file));
  } catch (thrown) {
    tools.abort.throwIfAborted();
    found.add(finding(thrown));
    return { file, form: undefined, ...damaged, ...emptyFile, ...found.report() };
  }
  try {
    return await new FileVerification(backup, found, tools).run();
  } finally {
    // A file system that hangs may keep it: an abort does not wait.
    const closed = backup.source.close();
    await tools.abort.race(closed).catch(() => undefined);
  }
}

/** The same of a backup that is open, and stays so. Throws as `verifyFile`. */
export function verifyOpened(backup: StoredBackup, tools: VerifyTools): Promise<VerifiedFile> {
  return new FileVerification(backup, new Findings(tools.onDamage), tools).run();
}

/** What is reported of a file that could not be read. */
export function unreadFile(file: string, { code, message }: Failure): VerifiedFile {
  const damage = [{ code, message }];
  return {
    file,
    form: undefined,
    verdict: 'unread',
    good: false,
    unread: true,
    ...emptyFile,
    damage,
  };
}

const damaged = { verdict: 'damaged', good: false } as const;
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
  /** An archive that SQL Server's success is recorded in. */
  #isFinished = false;
  readonly #warned = new Set<string>();
  #broken = false;
  /** Why it, or a part of it, could not be checked. */
  #unchecked: string | undefined;

  constructor(backup: StoredBackup, found: Findings, tools: VerifyTools) {
    this.#backup = backup;
    this.#found = found;
    this.#tools = tools;
    this.#data = new MtfDataCheck((damage) => this.#dataDamage(damage));
    this.#records = new MssqlbakCheck((damage) => this.#dataDamage(damage));
    this.#walker = new MtfWalker(this.#data);
  }

  async run(): Promise<VerifiedFile> {
    const backup = await this.#ends();
    this.#isFinished = backup?.form === 'archive' && backup.ends?.trailer.finished !== undefined;
    const unconfirmed = backup && unconfirmedWarning(backup);
    if (unconfirmed) this.#tools.onWarning(unconfirmed.code, unconfirmed.message, unconfirmed.hint);
    const reader = this.#tools.pipeline.read(this.#backup, { sums: true, tolerant: true });
    try {
      await this.#read(reader);
    } catch (thrown) {
      this.#broken = true;
      this.#spoiltFrom(this.#rawBytes);
      this.#found.add(finding(thrown));
    } finally {
      await ended(reader.stop(), this.#tools.abort);
    }
    if (this.#compressed) this.#records.end();
    this.#facts = this.#walker.end();
    this.#unchecked = this.#records.unknown ?? this.#walker.unknown;
    this.#judgeStream();
    this.#unchecked ??= this.#walker.unseen;
    this.#sayUnchecked();
    this.#judgeTotals();
    this.#sayDamagedDatabase();
    return this.#report(reader.frames);
  }

  /** An archive without good ends is read all the same: what it holds is worth knowing. */
  async #ends(): Promise<StoredBackup | undefined> {
    if (this.#backup.form !== 'archive') return this.#backup;
    return finishedArchive(this.#backup).catch((thrown: unknown) => {
      this.#found.add(finding(thrown));
      return undefined;
    });
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

  #isDamage(code: (DataDamage | RecordDamage)['code']): boolean {
    if (code === 'second-media') return false;
    return !formDoubts.includes(code) || this.#backup.form !== 'archive' || this.#badFrames > 0;
  }

  /** SQL Server said success to these bytes: what is odd about their form is its own, of a kind that nobody has met yet. */
  get #isAsSent(): boolean {
    const isWhole = this.#badFrames === 0 && !this.#broken && this.#found.none;
    return isWhole && this.#backup.form === 'archive' && this.#isFinished;
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
    this.#found.add({ ...finding(failure), rawOffset: piece.rawOffset });
  }

  #spoiltFrom(rawOffset: number): void {
    this.#goodRawBytes = Math.min(this.#goodRawBytes, rawOffset);
  }

  /** After a damaged frame the framing inside says nothing that is not known already. */
  #judgeStream(): void {
    const { name } = this.#backup.source;
    if (this.#badFrames > 0 || this.#broken) return;
    const why = this.#streamFlaw();
    if (why === undefined || this.#unchecked !== undefined) return;
    if (this.#isAsSent) this.#unchecked = why;
    else if (!this.#facts) {
      const message = `${name} holds no backup of SQL Server`;
      this.#found.add({ code: 'not-a-backup', message, hint: noBackupHint });
      this.#spoiltFrom(0);
    } else {
      if (!this.#compressed) this.#spoiltFrom(this.#walker.followedTo);
      const message = `the backup in ${name} is cut: ${why}`;
      this.#found.add({ code: 'stream-incomplete', message });
    }
  }

  #streamFlaw(): string | undefined {
    if (!this.#facts) return 'it does not begin as a backup of SQL Server does';
    if (this.#facts.complete) return undefined;
    return this.#facts.damage ?? 'it does not end as a finished backup does';
  }

  #sayUnchecked(): void {
    if (this.#unchecked === undefined || !this.#found.none) return;
    const message = `${this.#backup.source.name} could not be checked: ${this.#unchecked}`;
    this.#tools.onWarning('unchecked', message, uncheckedHint);
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

  /** Its bytes are as SQL Server wrote them: that is no damage of the file. */
  #sayDamagedDatabase(): void {
    const marked = this.#data.damagedDatabases + this.#records.damagedDatabases;
    if (!isOfDamagedDatabase(this.#backup, marked > 0)) return;
    const message = `${this.#backup.source.name} was taken of a database that was damaged then`;
    this.#tools.onWarning('damaged-database', message, 'Keep the last backup that has no damage.');
  }

  #report(frames: number): VerifiedFile {
    const { source, form } = this.#backup;
    const { pages, checksums } = this.#data;
    const { records } = this.#records;
    const { checked, bad, unchecked } = pages;
    const stripe = this.#place();
    const verdict = this.#verdict;
    return {
      file: source.name,
      form,
      verdict,
      good: verdict === 'good',
      ...(verdict === 'unchecked' && { unchecked: this.#unchecked ?? '' }),
      storedBytes: source.bytes,
      rawBytes: this.#rawBytes,
      goodRawBytes: Math.min(this.#rawBytes, this.#goodRawBytes),
      ...(frames > 0 && { frames: { checked: frames, bad: this.#badFrames } }),
      ...(checked + unchecked > 0 && { pages: { checked, bad, unchecked } }),
      ...(checksums.checked > 0 && { backupChecksums: { ...checksums } }),
      ...(records.checked > 0 && { records: { ...records } }),
      ...(this.#facts && { sets: this.#facts.sets }),
      ...(stripe && { stripe }),
      ...this.#found.report(),
    };
  }

  get #verdict(): Verdict {
    if (!this.#found.none) return 'damaged';
    return this.#unchecked === undefined ? 'good' : 'unchecked';
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

function isCompressed(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(0, 8)) === 'MSSQLBAK';
}
