// What one restore knows of itself: bytes read so far, messages heard, backups restored, and the summary of that.

import type { RestoreStepSummary, RestoreSummary } from '../../base/events.js';
import { messagesThatMatter } from '../../sql/message/messages.js';
import type { SqlMessage } from '../../sql/sql-session.js';
import { plain } from '../backup/backup-record.js';
import type { RestoreRequest } from '../request/restore-request.js';
import { chainType } from '../sets/restore-chain.js';
import type { RestoreSet } from '../sets/restore-sets.js';
import { ReadCounters } from './read-counters.js';

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
