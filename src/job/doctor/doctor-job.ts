// The story of one examination: everything a backup needs, in the order in which it would meet it. A check that
// fails ends nothing but what depends on it. Nothing is changed; the device set that is made is ended at once.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Abort } from '../../base/abort.ts';
import { within } from '../../base/deadline.ts';
import { Failure } from '../../base/errors.ts';
import type { Emit } from '../../base/events.ts';
import { toolVersion } from '../../base/tool-version.ts';
import { FramePool } from '../../memory/frame-pool.ts';
import { completionCode } from '../../pipeline/completion-code.ts';
import { readUsedBytes } from '../../sql/facts/database-size.ts';
import {
  readDatabaseFacts,
  readServerFacts,
  type ServerFacts,
} from '../../sql/facts/server-facts.ts';
import { readTransport } from '../../sql/facts/transport-facts.ts';
import type { SqlSession } from '../../sql/sql-session.ts';
import { cpuQuota } from '../../system/cpu-quota.ts';
import { claimConsole, type LibraryConsole } from '../../system/library-console.ts';
import { type MachineFacts, readMachine } from '../../system/machine.ts';
import { Resources } from '../serving/resources.ts';
import type { ServedDevices } from '../serving/served-devices.ts';
import { connectionFindings, reach, withListener } from './doctor-connection.ts';
import { expected, failed, notChecked, ok, problem } from './doctor-finding.ts';
import { type FixContext, withFix } from './doctor-fixes.ts';
import { machineFindings, misfit, runtimeFinding } from './doctor-machine.ts';
import { libraryAccess, programFinding } from './doctor-program.ts';
import type { DoctorReport, DoctorRequest, Finding } from './doctor-report.ts';
import {
  completeFinding,
  databaseFindings,
  serverChecks,
  serverFindings,
} from './doctor-server.ts';
import { destinationFinding, roomIn, spaceFinding } from './doctor-space.ts';

type SpeakOn = (stderr: number, stdout: number) => void;

/** A device set that is never served needs no more than the smallest pool. */
const unusedSlotBytes = 512;

/** Findings are never thrown: throws the cause of an abort, and what nobody expected. */
export async function doctorJob(
  request: DoctorRequest,
  abort: Abort,
  emit: Emit,
  speakOn: SpeakOn,
): Promise<DoctorReport> {
  const examination = new Examination(request, abort, emit, speakOn);
  try {
    return await examination.tell();
  } finally {
    await examination.end();
  }
}

class Examination {
  readonly #request: DoctorRequest;
  readonly #abort: Abort;
  readonly #emit: Emit;
  readonly #speakOn: SpeakOn;
  readonly #findings: Finding[] = [];
  readonly #open: Resources;
  #devices: ServedDevices | undefined;
  #machine: MachineFacts = { system: 'other' };
  #server: ServerFacts = {};
  #console: LibraryConsole | undefined;
  /** Of the database, once it was found. */
  #used: { readonly bytes: number | undefined; readonly encrypted: boolean } | undefined;
  /** The library took the request for VDC_Complete. */
  #completeRequested: boolean | undefined;

  constructor(request: DoctorRequest, abort: Abort, emit: Emit, speakOn: SpeakOn) {
    this.#request = request;
    this.#abort = abort;
    this.#emit = emit;
    this.#open = new Resources(abort);
    this.#speakOn = speakOn;
  }

  async tell(): Promise<DoctorReport> {
    const { node } = process.versions;
    this.#find(
      runtimeFinding({ tool: toolVersion, node, arch: process.arch, cpuQuota: cpuQuota() }),
    );
    this.#find(programFinding(this.#request));
    this.#machine = await this.#abort.race(readMachine(this.#request.vdiLibrary));
    this.#find(...machineFindings(this.#machine));
    this.#openDevices();
    await this.#connect();
    await this.#askServer();
    await this.#roundTrip();
    const windows = this.#machine.system === 'windows';
    this.#find(completeFinding(this.#completeRequested, this.#server.productMajor, windows));
    await this.#askDatabase();
    await this.#lookAtFolder();
    return { job: 'doctor', healthy: this.#healthy, findings: this.#findings };
  }

  /** Whatever is still open goes; see `Resources.undo` for the order. */
  async end(): Promise<void> {
    await this.#open.undo();
    for (const line of this.#console?.said() ?? [])
      this.#emit(this.#healthy ? { event: 'debug', message: line } : { event: 'library', line });
  }

  get #healthy(): boolean {
    return this.#findings.every(({ level }) => level !== 'problem');
  }

  #find(...findings: readonly Finding[]): void {
    for (const finding of findings) {
      const fixed = withFix(finding, this.#context());
      this.#findings.push(fixed);
      this.#emit({ event: 'finding', ...fixed });
    }
  }

  #context(): FixContext {
    const { physicalMachineName, machineName } = this.#server;
    return {
      windows: this.#machine.system === 'windows',
      request: this.#request,
      ...(this.#machine.system === 'linux' && {
        account: this.#machine.account?.name,
        inContainer: this.#machine.container !== undefined,
      }),
      serverMachine: physicalMachineName ?? machineName,
    };
  }

  /** Loads the library and checks its calls; SQL Server is not touched yet. */
  #openDevices(): void {
    const check = 'vdi-library';
    const wrong = this.#machine.system === 'linux' ? misfit(this.#machine.library) : undefined;
    if (wrong) {
      this.#find(wrong);
      return;
    }
    const access = libraryAccess(this.#request);
    if (access) this.#find(access);
    if (access?.level === 'problem') return;
    this.#console = claimConsole();
    this.#speakOn(this.#console.stderr, this.#console.stdout);
    const { vdiLibrary } = this.#request;
    try {
      this.#devices = this.#open.openDevices({
        name: randomUUID(),
        deviceCount: 1,
        direction: 'backup',
        pool: FramePool.create(1, unusedSlotBytes, unusedSlotBytes),
        vdiLibrary,
        completionCode,
      });
      this.#find(ok(check, libraryWords(this.#machine)));
    } catch (thrown) {
      this.#find(failed(check, classFailure(expected(thrown), this.#machine)));
    }
  }

  async #connect(): Promise<void> {
    const { connection } = this.#request;
    const reached = await reach(connection, this.#abort);
    if (reached.session) this.#open.adopt(reached.session);
    const transport = await this.#ask(readTransport);
    const findings = connectionFindings(connection, reached, transport);
    const isLinux = this.#machine.system === 'linux';
    this.#find(...(isLinux ? await withListener(findings, connection, reached) : findings));
  }

  async #askServer(): Promise<void> {
    const facts = await this.#ask(readServerFacts);
    if (!facts) return this.#find(...serverChecks.map((check) => notChecked(check, nobody)));
    this.#server = facts;
    const { assumeLocal, connection } = this.#request;
    const login = connection.login?.user;
    this.#find(...serverFindings(facts, { localHostname: hostname(), assumeLocal, login }));
  }

  /**
   * Create, SignalAbort, Close. No further: without a BACKUP statement GetConfiguration would wait for ever.
   */
  async #roundTrip(): Promise<void> {
    const check = 'device-set';
    const devices = this.#devices;
    if (!devices) return this.#find(notChecked(check, 'there is no VDI library'));
    const instance = this.#server.instanceName ?? this.#request.connection.instance;
    if (this.#machine.system === 'windows' && !this.#open.session && instance === undefined)
      return this.#find(notChecked(check, 'only a login tells which instance this is'));
    try {
      this.#completeRequested = devices.set.create(instance).completeRequested;
      const [left] = await this.#open.endStatement();
      this.#find(left === undefined ? made : stuck(left));
    } catch (thrown) {
      this.#find(failed(check, expected(thrown)));
    }
  }

  async #askDatabase(): Promise<void> {
    const { database } = this.#request;
    if (database === undefined) return;
    if (!this.#open.session) return this.#find(notChecked('database', nobody));
    const facts = await this.#ask((session) => readDatabaseFacts(session, database));
    this.#find(...databaseFindings(database, facts, this.#server));
    if (typeof facts !== 'object') return;
    const bytes = await this.#ask((session) => readUsedBytes(session, facts.name));
    this.#used = { bytes, encrypted: facts.isEncrypted === true };
  }

  async #lookAtFolder(): Promise<void> {
    const { folder, database } = this.#request;
    if (folder === undefined) return;
    const destination = await destinationFinding(folder);
    this.#find(destination);
    if (database === undefined) return;
    if (destination.level !== 'ok' || !this.#used)
      return this.#find(notChecked('space', this.#used ? 'see destination' : 'see database'));
    const { bytes, encrypted } = this.#used;
    this.#find(spaceFinding(await roomIn(folder), bytes, encrypted, this.#server));
  }

  /** Undefined without a session, and when it is lost meanwhile. */
  async #ask<T>(question: (session: SqlSession) => Promise<T>): Promise<T | undefined> {
    const { session } = this.#open;
    if (!session) return undefined;
    try {
      const { loginTimeout } = this.#request.connection;
      return await this.#abort.race(timely(question(session), loginTimeout));
    } catch (thrown) {
      this.#abort.throwIfAborted();
      this.#find(failed('connection', expected(thrown)));
      await this.#open.disconnect();
      return undefined;
    }
  }
}

const nobody = 'nobody is logged in';

const made = ok(
  'device-set',
  'a device set was created, aborted and closed (Create, SignalAbort, Close)',
);

function stuck(message: string): Finding {
  return problem('device-set', 'device-set-stuck', message);
}

/** Longest wait for one answer where the login may take for ever, in seconds. */
const longestAnswer = 60;

/** `answer`, or a failure after the time that a login may take. */
async function timely<T>(answer: Promise<T>, loginTimeout: number): Promise<T> {
  const seconds = loginTimeout > 0 ? loginTimeout : longestAnswer;
  const found = await within(
    answer.then((value) => ({ value })),
    seconds * 1000,
  );
  if (found) return found.value;
  const message = `SQL Server left a question unanswered for ${seconds} s`;
  const hints = ['A slow server needs a longer -l.'];
  throw new Failure('no-answer', message, { hints });
}

function libraryWords(machine: MachineFacts): string {
  return machine.system === 'linux'
    ? `${machine.library.path} is for 64-bit x86 and has every call that vdibackup makes`
    : 'sqlvdi.dll is registered for 64-bit programs and makes its device set';
}

/** COM's words for a class that cannot be used are VDI's, but what fixes them is another command. */
function classFailure(failure: Failure, { system }: MachineFacts): Failure {
  if (system !== 'windows' || failure.code !== 'vdi-call-failed') return failure;
  return failure.with({ code: 'vdi-class-unusable', cause: failure });
}
