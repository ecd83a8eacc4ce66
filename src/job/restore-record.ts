// What one restore knows of itself: bytes read so far, messages heard, backups restored, and the summary of that.

import type { RestoreStepSummary, RestoreSummary } from '../events.ts';
import { messagesThatMatter } from '../sql/messages.ts';
import type { SqlMessage } from '../sql/sql-session.ts';
import type { ByteCounters } from './backup-progress.ts';
import { plain } from './backup-record.ts';
import { chainType } from './restore-chain.ts';
import type { RestoreRequest } from './restore-request.ts';
import type { RestoreSet } from './restore-sets.ts';

export class RestoreRecord implements ByteCounters {
  readonly #request: RestoreRequest;
  readonly #messages: SqlMessage[] = [];
  readonly #steps: RestoreStepSummary[] = [];
  readonly #done = { rawBytes: 0, storedBytes: 0 };
  #reading: ByteCounters | undefined;

  constructor(request: RestoreRequest) {
    this.#request = request;
  }

  get rawBytes(): number {
    return this.#done.rawBytes + (this.#reading?.rawBytes ?? 0);
  }

  get storedBytes(): number {
    return this.#done.storedBytes + (this.#reading?.storedBytes ?? 0);
  }

  /** A reading is under way; what an earlier one read and did not restore does not count. */
  reads(reading: ByteCounters): void {
    this.#reading = reading;
  }

  restored(set: RestoreSet, { rawBytes, storedBytes }: ByteCounters): void {
    this.#done.rawBytes += rawBytes;
    this.#done.storedBytes += storedBytes;
    this.#reading = undefined;
    const { finished, timeZoneMinutes } = set.facts ?? {};
    const type = chainType(set);
    this.#steps.push({
      files: set.backups.map(({ source }) => source.name),
      ...(type !== undefined && { type }),
      ...(finished !== undefined && { finished }),
      ...(timeZoneMinutes !== undefined && { timeZoneMinutes }),
    });
  }

  /** A message worth keeping; progress is not. */
  heard(message: SqlMessage): void {
    this.#messages.push(message);
  }

  summary(
    { elapsedMs }: { readonly elapsedMs: number },
    state: string | undefined,
  ): RestoreSummary {
    const { database, files, dryRun } = this.#request;
    return {
      job: 'restore',
      database,
      files,
      steps: this.#steps,
      rawBytes: this.rawBytes,
      storedBytes: this.storedBytes,
      elapsedMs,
      dryRun,
      ...(state !== undefined && { state }),
      messages: messagesThatMatter(this.#messages).map(plain),
    };
  }
}
