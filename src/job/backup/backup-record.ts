// What one backup knows of itself: what it heard from SQL Server, what it saw in the streams, and the papers
// made of that: header, trailer, summary.

import type { ArchiveHeader } from '../../archive/header.js';
import type { TrailerFacts } from '../../archive/trailer.js';
import type { StoredStripe } from '../../archive/writer/stripe-writer.js';
import { KiB, MiB } from '../../base/byte-size.js';
import type { BackupSummary, JobEvent, SqlMessageEvent } from '../../base/events.js';
import { toolVersion } from '../../base/tool-version.js';
import { MtfWalker } from '../../mtf/walker.js';
import { messagesThatMatter } from '../../sql/message/messages.js';
import type { SqlMessage } from '../../sql/sql-session.js';
import type { DeviceConfiguration } from '../../vdi/virtual-device-set.js';
import type { BackupRequest } from '../request/backup-request.js';
import type { ServerAnswers } from './backup-preflight.js';

export class BackupRecord {
  readonly #request: BackupRequest;
  readonly #setId: string;
  readonly #started = new Date();
  readonly #walkers: readonly MtfWalker[];
  readonly #messages: SqlMessage[] = [];
  /** Stripes that were sent a byte. */
  readonly #begun = new Set<number>();
  #rawBytes = 0;

  constructor(request: BackupRequest, setId: string) {
    this.#request = request;
    this.#setId = setId;
    this.#walkers = request.files.map(() => new MtfWalker());
  }

  /** A message worth keeping; progress is not. */
  heard(message: SqlMessage): void {
    this.#messages.push(message);
  }

  /** Raw bytes of a stripe, in order, as they pass by. */
  observe(stripe: number, bytes: Uint8Array): void {
    this.#rawBytes += bytes.length;
    if (bytes.length > 0) this.#begun.add(stripe);
    this.#walkers[stripe]?.push(bytes);
  }

  /** Headers of the stripes, counted from 0. */
  header(
    { server, databaseName }: ServerAnswers,
    configuration: DeviceConfiguration,
    frameSize: number,
  ) {
    const { type, compression, files, connection } = this.#request;
    return (stripe: number): ArchiveHeader => ({
      setId: this.#setId,
      stripe: stripe + 1,
      stripes: files.length,
      database: databaseName,
      server: server.serverName ?? connection.host,
      type,
      ...this.#sizes(configuration),
      frameSize,
      compression: {
        algorithm: 'zstd',
        level: compression.kind === 'zstd' ? compression.level : 0,
      },
      toolVersion,
      started: this.#started.toISOString(),
    });
  }

  /** As configured; what SQL Server left out or cannot mean, as requested: RESTORE needs numbers it accepts. */
  #sizes({ blockSize, maxTransferSize }: DeviceConfiguration) {
    const within = (value: number, low: number, high: number) => value >= low && value <= high;
    return {
      blockSize: within(blockSize, 512, 64 * KiB) ? blockSize : (this.#request.blockSize ?? 512),
      transferSize: within(maxTransferSize, 64 * KiB, 4 * MiB)
        ? maxTransferSize
        : this.#request.transferSize,
    };
  }

  /** Facts of each stripe's trailer; `finished` only once SQL Server has reported success. */
  trailer(elapsedMs: number, finished?: Date): (stripe: number) => TrailerFacts {
    return (stripe) => {
      const mtf = this.#walkers[stripe]?.end();
      return {
        ...(finished && { finished: finished.toISOString() }),
        messages: messagesThatMatter(this.#messages).map(plain),
        ...(mtf && { mtf }),
        timings: { elapsed: Math.round(elapsedMs) },
      };
    };
  }

  /** SQL Server said it succeeded, but what it sent does not end as a backup must: worth a look before anyone relies on it. */
  streamWarnings(): JobEvent[] {
    return this.#walkers.flatMap((walker, stripe) => {
      const facts = walker.end();
      const isEmpty = !this.#begun.has(stripe);
      if (!isEmpty && (!facts || facts.complete)) return [];
      const damage = isEmpty ? 'it is empty' : facts?.damage;
      const where = damage ? `: ${damage}` : '';
      return {
        event: 'warning',
        code: 'stream-incomplete',
        message: `the stream of stripe ${stripe + 1} does not end as a SQL Server backup does${where}`,
        hint: 'Check it before you rely on it: RESTORE VERIFYONLY.',
      };
    });
  }

  summary(
    stored: readonly StoredStripe[],
    { elapsedMs }: { readonly elapsedMs: number },
  ): BackupSummary {
    const { database, type, files, dryRun } = this.#request;
    return {
      database,
      type,
      setId: this.#setId,
      files: files.map((path, stripe) => ({ path, storedBytes: 0, ...stored[stripe] })),
      rawBytes: this.#rawBytes,
      storedBytes: stored.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
      elapsedMs,
      dryRun,
      messages: messagesThatMatter(this.#messages).map(plain),
    };
  }
}

export function plain({ number, severity, text }: SqlMessage): SqlMessageEvent {
  return { number, severity, text };
}
