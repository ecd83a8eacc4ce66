// What one restore knows of itself: bytes read so far, messages heard, backups restored, and the summary of that.

import type { RestoreStepSummary, RestoreSummary } from '../events.ts';
import { messagesThatMatter } from '../sql/messages.ts';
import type { SqlMessage } from '../sql/sql-session.ts';
import { plain } from './backup-record.ts';
import { ReadCounters } from './read-counters.ts';
import { chainType } from './restore-chain.ts';
import type { RestoreRequest } from './restore-request.ts';
import type { RestoreSet } from './restore-sets.ts';

export class RestoreRecord {
  readonly bytes = new ReadCounters();
  readonly #request: RestoreRequest;
  readonly #messages: SqlMessage[] = [];
  readonly #steps: RestoreStepSummary[] = [];

  constructor(request: RestoreRequest) {
    this.#request = request;
  }

  restored(set: RestoreSet): void {
    this.bytes.add();
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
      rawBytes: this.bytes.rawBytes,
      storedBytes: this.bytes.storedBytes,
      elapsedMs,
      dryRun,
      ...(state !== undefined && { state }),
      messages: messagesThatMatter(this.#messages).map(plain),
    };
  }
}
