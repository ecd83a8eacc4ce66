// What one restore knows of itself: bytes read so far, messages heard, backups restored, and the summary of that.

import type { RestoreStepSummary, RestoreSummary } from '../../base/events.ts';
import { messageEvent, messageNumbers, messagesThatMatter } from '../../sql/message/messages.ts';
import type { SqlMessage } from '../../sql/sql-session.ts';
import type { RestoreRequest } from '../request/restore-request.ts';
import { chainType } from '../sets/restore-chain.ts';
import type { RestoreSet } from '../sets/restore-sets.ts';
import { ReadCounters } from './read-counters.ts';

export class RestoreRecord {
  readonly bytes = new ReadCounters();
  /** The log backup that preceded the restore. */
  tail: RestoreSummary['tail'];
  readonly #request: RestoreRequest;
  readonly #messages: SqlMessage[] = [];
  readonly #steps: RestoreStepSummary[] = [];

  constructor(request: RestoreRequest) {
    this.#request = request;
  }

  restored(set: RestoreSet): void {
    this.bytes.add();
    const { database, finished, timeZoneMinutes } = set.facts ?? {};
    const type = chainType(set);
    this.#steps.push({
      files: set.backups.map(({ source }) => source.name),
      ...(database !== undefined && { database }),
      ...(type !== undefined && { type }),
      ...(finished !== undefined && { finished }),
      ...(timeZoneMinutes !== undefined && { timeZoneMinutes }),
    });
  }

  /** Without those that were not needed. A pipe goes by another name than on the command line, but is alone. */
  #restoredFiles(): readonly string[] {
    const { files, dryRun } = this.#request;
    if (dryRun || files.length === 1) return files;
    const restored = new Set(this.#steps.flatMap((step) => step.files));
    return files.filter((file) => restored.has(file));
  }

  /** A message worth keeping; progress is not. */
  heard(message: SqlMessage): void {
    this.#messages.push(message);
  }

  /** SQL Server has restored master, and shuts itself down. */
  get isMasterRestored(): boolean {
    return this.#messages.some(({ number }) => number === messageNumbers.masterRestored);
  }

  summary(
    { elapsedMs }: { readonly elapsedMs: number },
    state: string | undefined,
  ): RestoreSummary {
    const { database, dryRun } = this.#request;
    return {
      job: 'restore',
      database,
      files: this.#restoredFiles(),
      steps: this.#steps,
      rawBytes: this.bytes.rawBytes,
      storedBytes: this.bytes.storedBytes,
      elapsedMs,
      dryRun,
      ...(state !== undefined && { state }),
      ...(this.tail && { tail: this.tail }),
      messages: messagesThatMatter(this.#messages).map(messageEvent),
    };
  }
}
