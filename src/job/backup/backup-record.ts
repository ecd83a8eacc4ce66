// What one backup knows of itself: what it heard from SQL Server, what it saw in the streams, and the papers
// made of that: header, trailer, summary.

import type { ArchiveHeader } from '../../archive/header.ts';
import type { TrailerFacts } from '../../archive/trailer.ts';
import type { StoredStripe } from '../../archive/writer/stripe-writer.ts';
import type { BackupSummary, JobEvent } from '../../base/events.ts';
import {
  maxBlockSize,
  maxTransferSize,
  minBlockSize,
  minTransferSize,
} from '../../base/platform/sql-server-limits.ts';
import { toolVersion } from '../../base/tool-version.ts';
import type { MtfFacts } from '../../mtf/facts.ts';
import { MtfWalker } from '../../mtf/walker.ts';
import { messageEvent, messagesThatMatter } from '../../sql/message/messages.ts';
import type { SqlMessage } from '../../sql/sql-session.ts';
import type { DeviceConfiguration } from '../../vdi/virtual-device-set.ts';
import type { BackupRequest } from '../request/backup-request.ts';
import type { ServerAnswers } from './backup-preflight.ts';

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
  #sizes({ blockSize, maxTransferSize: transferSize }: DeviceConfiguration) {
    const within = (value: number, low: number, high: number) => value >= low && value <= high;
    return {
      blockSize: within(blockSize, minBlockSize, maxBlockSize)
        ? blockSize
        : (this.#request.blockSize ?? minBlockSize),
      transferSize: within(transferSize, minTransferSize, maxTransferSize)
        ? transferSize
        : this.#request.transferSize,
    };
  }

  /** Facts of each stripe's trailer; `finished` only once SQL Server has reported success. */
  trailer(elapsedMs: number, finished?: Date): (stripe: number) => TrailerFacts {
    return (stripe) => {
      const mtf = this.#walkers[stripe]?.end();
      return {
        ...(finished && { finished: finished.toISOString() }),
        messages: messagesThatMatter(this.#messages).map(messageEvent),
        ...(mtf && { mtf: this.#withKind(mtf) }),
        timings: { elapsed: elapsedMs },
      };
    };
  }

  /** The stream does not say in any place that is known that a full backup is copy-only. */
  #withKind(mtf: MtfFacts): MtfFacts {
    if (this.#request.type !== 'copy' || !mtf.set) return mtf;
    return { ...mtf, set: { ...mtf.set, isCopyOnly: true } };
  }

  /** What each stream looks like: SQL Server may write it differently to a device than to a disk. */
  streamForms(): JobEvent[] {
    return this.#walkers.map((walker, stripe) => {
      const { set: _, ...form } = walker.end() ?? {};
      return { event: 'debug', message: 'stream', data: { stripe: stripe + 1, ...form } };
    });
  }

  /** SQL Server said it succeeded, but what it sent does not end as a backup must: worth a look before anyone relies on it. */
  streamWarnings(): JobEvent[] {
    return this.#walkers.flatMap((walker, stripe) => {
      const facts = walker.end();
      const isEmpty = !this.#begun.has(stripe);
      if (!isEmpty && (!facts || facts.complete)) return [];
      if (walker.unknown !== undefined) return unknownStream(stripe, walker.unknown);
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
      job: 'backup',
      database,
      type,
      setId: this.#setId,
      files: files.map((path, stripe) => ({ path, storedBytes: 0, ...stored[stripe] })),
      rawBytes: this.#rawBytes,
      storedBytes: stored.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
      elapsedMs,
      dryRun,
      messages: messagesThatMatter(this.#messages).map(messageEvent),
    };
  }
}

function unknownStream(stripe: number, why: string): JobEvent {
  return {
    event: 'warning',
    code: 'stream-unknown',
    message: `whether the stream of stripe ${stripe + 1} is whole is not known here: ${why}`,
    hint: 'Have SQL Server read it: vdibackup verify --verifyonly, or a drill.',
  };
}
