// What a verification by SQL Server knows of itself: who was asked about which set and what was answered.

import { Failure } from '../../base/errors.ts';
import type { JobEvent, SqlMessageEvent } from '../../base/events.ts';
import { isNoteworthy } from '../../sql/message/messages.ts';
import type { ServedSet } from '../reading/served-sets.ts';
import {
  passes,
  type ServerVerdict,
  type ServerVerifiedSet,
  type VerifyReport,
} from './verify-report.ts';

export class ServerVerifyRecord {
  #server: ServerVerdict['server'];
  #startedAt: number | undefined;
  #asked: ServedSet | undefined;
  #messages: SqlMessageEvent[] = [];
  readonly #sets: ServerVerifiedSet[] = [];

  heard(event: JobEvent): void {
    if (event.event === 'connected') {
      const { server: name, version, edition } = event;
      this.#server = { name, version, edition };
    } else if (event.event === 'sql-message' && isNoteworthy(event)) {
      const { number, severity, text } = event;
      this.#messages.push({ number, severity, text });
    }
  }

  /** The files are good: it is the server's turn. */
  begin(): void {
    this.#startedAt = performance.now();
  }

  asks(set: ServedSet): void {
    this.#asked = set;
    this.#messages = [];
  }

  valid(): void {
    this.#ends('valid');
  }

  /** The whole report: that of the files, and the server's verdict. */
  complete(files: VerifyReport, failure?: Error): VerifyReport {
    const outcome = this.#outcome(failure);
    if (this.#asked && outcome !== 'not-asked') this.#ends(outcome);
    const elapsedMs = this.#startedAt === undefined ? 0 : performance.now() - this.#startedAt;
    return {
      ...files,
      good: passes(files) && outcome === 'valid',
      server: {
        outcome,
        ...(this.#server && { server: this.#server }),
        sets: this.#sets,
        elapsedMs,
      },
    };
  }

  #outcome(failure: Error | undefined): ServerVerdict['outcome'] {
    if (this.#startedAt === undefined) return 'not-asked';
    if (!failure) return 'valid';
    const isDamage = failure instanceof Failure && failure.kind === 'integrity';
    return isDamage ? 'damaged' : 'failed';
  }

  #ends(outcome: ServerVerifiedSet['outcome']): void {
    if (!this.#asked) return;
    const { backups, position, checksum } = this.#asked;
    const files = backups.map(({ source }) => source.name);
    this.#sets.push({ files, position, outcome, checksum, messages: this.#messages });
    this.#asked = undefined;
  }
}
