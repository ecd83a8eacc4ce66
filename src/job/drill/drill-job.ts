// The story of one drill: a restore under a throw-away name, DBCC CHECKDB, assertions; and whatever happens, the
// throw-away database is dropped.

import { randomBytes } from 'node:crypto';
import type { Abort } from '../../base/abort.ts';
import { asError, Failure } from '../../base/errors.ts';
import type { Emit, JobEvent, RestoreSummary } from '../../base/events.ts';
import { damageNotice } from '../../sql/message/damage-notice.ts';
import { openSession } from '../../sql/open-session.ts';
import { quoteIdentifier } from '../../sql/quoting.ts';
import type { SqlSession } from '../../sql/sql-session.ts';
import { maxdopProblem } from '../../sql/statement/check-statement.ts';
import type { SpeakOn } from '../reading/reading-run.ts';
import { restoreJob } from '../restore/restore-job.ts';
import { instantOf } from '../restore/stop-point.ts';
import { answered } from '../serving/stall-watch.ts';
import { checkAssertion } from './drill-check.ts';
import { confine } from './drill-confinement.ts';
import { checkDatabase } from './drill-consistency.ts';
import { dropDatabase } from './drill-database.ts';
import {
  type DatabaseCheck,
  type DrillAssertion,
  type DrillReport,
  skipped,
  unchecked,
} from './drill-report.ts';
import type { DrillRequest } from './drill-request.ts';

interface DrillResult {
  readonly report: DrillReport;
  /** Why the drill did not pass. */
  readonly failure: Error | undefined;
}

/** dbatools leaves CHECKDB out of a copy of master as well (Test-DbaLastBackup). */
const masterReason =
  'the backup is of master, and a copy of it shows inconsistencies wherever it is not the master of its server';

/** Never rejects: whatever happened is evidence. */
export async function drillJob(
  request: DrillRequest,
  abort: Abort,
  emit: Emit,
  speakOn: SpeakOn,
): Promise<DrillResult> {
  return new DrillRun(request, abort, emit, speakOn).tell();
}

class DrillRun {
  readonly #request: DrillRequest;
  readonly #abort: Abort;
  readonly #emit: Emit;
  readonly #speakOn: SpeakOn;
  readonly #database = `vdibackup_drill_${randomBytes(6).toString('hex')}`;
  readonly #started = new Date();
  #server: DrillReport['server'];
  /** SQL Server was told to restore: there may be a database. */
  #touched = false;
  #restored: RestoreSummary | undefined;
  #checkdb: DatabaseCheck = unchecked;
  readonly #assertions: DrillAssertion[] = [];

  constructor(request: DrillRequest, abort: Abort, emit: Emit, speakOn: SpeakOn) {
    this.#request = request;
    this.#abort = abort;
    this.#emit = emit;
    this.#speakOn = speakOn;
  }

  async tell(): Promise<DrillResult> {
    let failure: Error | undefined;
    try {
      await this.#restore();
      await this.#examine();
      failure = this.#verdict();
    } catch (thrown) {
      // What was found stands, whatever ended the drill later.
      failure = inContext(this.#abort.cause ?? this.#verdict() ?? asError(thrown));
    }
    const dropped = !this.#touched || (await this.#drop());
    if (!dropped) failure ??= this.#abort.cause ?? notDropped(this.#database);
    if (!failure) this.#sayTooLate();
    return { report: this.#report(dropped, failure), failure };
  }

  async #restore(): Promise<void> {
    const { assertions: _, checkdb: __, ...request } = this.#request;
    this.#restored = await restoreJob(
      {
        ...request,
        database: this.#database,
        direction: 'drill',
        replace: false,
        verify: false,
        end: { kind: 'recovery' },
        dryRun: false,
      },
      this.#abort,
      (event) => this.#heard(event),
      this.#speakOn,
    );
  }

  /** What becomes of the database is decided here, not there. */
  #heard(event: JobEvent): void {
    if (event.event === 'restoring') this.#touched = true;
    if (event.event === 'connected') {
      const { server: name, version, edition } = event;
      this.#server = { name, version, edition };
      const refused = this.#request.checkdb && maxdopProblem(this.#request.checkdb, version);
      if (refused) this.#abort.raise(refused);
    }
    if (event.event !== 'warning' || event.code !== 'database-left') this.#emit(event);
  }

  async #examine(): Promise<void> {
    const { connection, assertions } = this.#request;
    const session = await this.#abort.race(openSession(connection));
    try {
      await this.#check(session);
      if (assertions.length > 0)
        await answered(confine(session, this.#database), this.#request.stallTimeout, this.#abort);
      for (const assertion of assertions) {
        this.#emit({ event: 'checking', what: assertion.name });
        this.#assertions.push(await checkAssertion(session, assertion, this.#abort));
      }
    } finally {
      await session.close();
    }
  }

  async #check(session: SqlSession): Promise<void> {
    const { checkdb } = this.#request;
    if (!checkdb || this.#isOfMaster()) {
      const reason = checkdb ? masterReason : '--checkdb none';
      this.#checkdb = { ...unchecked, reason };
      if (checkdb) this.#warn('check-skipped', `DBCC CHECKDB is skipped: ${reason}`);
      return;
    }
    this.#emit({ event: 'checking', what: 'DBCC CHECKDB' });
    const { check, failure } = await checkDatabase(session, this.#database, checkdb, this.#abort);
    this.#checkdb = check;
    if (failure) throw failure;
    const [note] = check.notes;
    if (note !== undefined)
      this.#warn(
        'check-without-snapshot',
        `checked without a snapshot (${note}): ${check.ran.join(', ')}`,
      );
  }

  #warn(code: string, message: string): void {
    this.#emit({ event: 'warning', code, message });
  }

  #isOfMaster(): boolean {
    return this.#restored?.steps[0]?.database?.toLowerCase() === 'master';
  }

  #verdict(): Failure | undefined {
    const wrong = this.#assertions.filter(({ outcome }) => outcome === 'failed');
    const findings = [
      ...(this.#checkdb.outcome === 'failed'
        ? [`${this.#checkdb.ran.at(-1)}: ${this.#checkdb.messages[0]}`]
        : []),
      ...wrong.map(({ name, messages }) => `${name}: ${messages[0]}`),
    ];
    const [first] = findings;
    if (first === undefined) return undefined;
    const many = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
    return new Failure('drill-failed', `restored, but ${first}${many}`, {
      hints: ['All findings are in the report on standard output.'],
    });
  }

  async #drop(): Promise<boolean> {
    const dropped = await dropDatabase(this.#request.connection, this.#database, this.#abort);
    const name = quoteIdentifier(this.#database);
    if (!dropped)
      this.#emit({
        event: 'warning',
        code: 'database-left',
        message: `the throw-away database ${name} could not be dropped`,
        hint: `Drop it: DROP DATABASE ${name};`,
      });
    return dropped;
  }

  /** An abort while the database was being dropped changes nothing any more. */
  #sayTooLate(): void {
    const { cause } = this.#abort;
    if (cause)
      this.#emit({
        event: 'warning',
        code: 'too-late',
        message: `too late to abort (${cause.message}): the drill was over, and its database is dropped`,
      });
  }

  #report(dropped: boolean, failure: Error | undefined): DrillReport {
    const restored = this.#restored;
    const { rawBytes = 0, storedBytes = 0, steps = [], elapsedMs = 0 } = restored ?? {};
    return {
      job: 'drill',
      verdict: verdictOf(restored, failure),
      ...(failure && { reason: failure.message }),
      files: this.#request.files,
      database: this.#database,
      dropped,
      ...(this.#server && { server: this.#server }),
      started: this.#started.toISOString(),
      finished: new Date().toISOString(),
      restore: {
        outcome: restored ? 'passed' : 'failed',
        elapsedMs,
        messages: restored ? damageWords(restored) : failure ? [failure.message] : [],
        rawBytes,
        storedBytes,
        steps,
      },
      checkdb: this.#checkdb,
      assertions: this.#allAssertions(),
      ...(restored && { rtoMs: elapsedMs }),
      ...this.#recoveryPoint(),
    };
  }

  #allAssertions(): DrillAssertion[] {
    return this.#request.assertions.map(
      ({ name, query, expected }, index) =>
        this.#assertions[index] ?? { name, query, expected, ...skipped },
    );
  }

  /** The end of the last backup: later changes are not in it. */
  #recoveryPoint(): Pick<DrillReport, 'rpo'> {
    const last = this.#restored?.steps.at(-1);
    if (last?.finished === undefined || last.timeZoneMinutes === undefined) return {};
    const { timeZoneMinutes } = last;
    const point = this.#request.stopAt ?? last.finished;
    const dataAsOf = new Date(instantOf(point, () => timeZoneMinutes));
    const ageMs = this.#started.getTime() - dataAsOf.getTime();
    return { rpo: { dataAsOf: dataAsOf.toISOString(), ageMs } };
  }
}

function verdictOf(
  restored: RestoreSummary | undefined,
  failure: Error | undefined,
): DrillReport['verdict'] {
  if (!restored) return 'not-restored';
  if (!failure) return 'passed';
  return failure instanceof Failure && failure.kind === 'drill' ? 'failed' : 'broken-off';
}

/** A restore may succeed and meet damage all the same. */
function damageWords({ messages }: RestoreSummary): string[] {
  return messages.flatMap((message) => damageNotice(message)?.message ?? []);
}

/** A drill continues no database: the restore's words would send the user to one that never was. */
function inContext(failure: Error): Error {
  if (!(failure instanceof Failure)) return failure;
  if (failure.code === 'not-recovered')
    return failure.with({
      hints: ['Name the next log backups as well, or an earlier point to stop at.'],
    });
  if (failure.code !== 'no-full-backup') return failure;
  return failure.with({
    message: 'there is no full backup among the files, and a drill restores a whole database',
    hints: [
      'Name the full backup as well: vdibackup drill FULL DIFFERENTIAL LOG …; their order does not matter.',
    ],
  });
}

function notDropped(database: string): Failure {
  return new Failure(
    'drill-left-behind',
    `the drill passed, but its throw-away database ${quoteIdentifier(database)} could not be dropped`,
    { hints: [`Drop it: DROP DATABASE ${quoteIdentifier(database)};`] },
  );
}
