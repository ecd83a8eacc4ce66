// The story of one examination: everything a backup needs, in the order in which it would meet it. A check that
// fails ends nothing but what depends on it. Nothing is changed; the device set that is made is ended at once.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Abort } from '../../base/abort.js';
import type { Emit } from '../../base/events.js';
import { toolVersion } from '../../base/tool-version.js';
import { Failure } from '../../errors.js';
import { FramePool } from '../../memory/frame-pool.js';
import { readUsedBytes } from '../../sql/facts/database-size.js';
import {
  readDatabaseFacts,
  readServerFacts,
  type ServerFacts,
} from '../../sql/facts/server-facts.js';
import { readTransport } from '../../sql/facts/transport-facts.js';
import type { SqlSession } from '../../sql/sql-session.js';
import { claimConsole, type LibraryConsole } from '../../system/library-console.js';
import { type MachineFacts, readMachine } from '../../system/machine.js';
import { openDeviceSet } from '../../vdi/open-device-set.js';
import { type JobParts, teardown } from '../serving/teardown.js';
import { connectionFindings, reach } from './doctor-connection.js';
import { expected, failed, notChecked, ok, problem } from './doctor-finding.js';
import { type FixContext, withFix } from './doctor-fixes.js';
import { machineFindings, misfit, runtimeFinding } from './doctor-machine.js';
import type { DoctorReport, DoctorRequest, Finding } from './doctor-report.js';
import {
  completeFinding,
  databaseFindings,
  serverChecks,
  serverFindings,
} from './doctor-server.js';
import { destinationFinding, roomIn, spaceFinding } from './doctor-space.js';

export type SpeakOn = (stderr: number, stdout: number) => void;

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
  readonly #parts: JobParts = {};
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
    this.#speakOn = speakOn;
  }

  async tell(): Promise<DoctorReport> {
    const { node } = process.versions;
    this.#find(runtimeFinding({ tool: toolVersion, node, arch: process.arch }));
    this.#machine = await readMachine(this.#request.vdiLibrary);
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

  /** Whatever still exists goes; see teardown.ts for the order. */
  async end(): Promise<void> {
    await teardown(this.#parts, this.#abort);
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
    this.#console = claimConsole();
    this.#speakOn(this.#console.stderr, this.#console.stdout);
    const { vdiLibrary } = this.#request;
    try {
      this.#parts.devices = openDeviceSet({
        name: randomUUID(),
        deviceCount: 1,
        direction: 'backup',
        pool: FramePool.create(1, unusedSlotBytes, unusedSlotBytes),
        ...(vdiLibrary !== undefined && { library: vdiLibrary }),
      });
      this.#find(ok(check, libraryWords(this.#machine)));
    } catch (thrown) {
      this.#find(failed(check, classFailure(expected(thrown), this.#machine)));
    }
  }

  async #connect(): Promise<void> {
    const { connection } = this.#request;
    const reached = await reach(connection, this.#abort);
    if (reached.session) this.#parts.session = reached.session;
    const transport = await this.#ask(readTransport);
    this.#find(...connectionFindings(connection, reached, transport));
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
    const { devices } = this.#parts;
    if (!devices) return this.#find(notChecked(check, 'there is no VDI library'));
    const instance = this.#server.instanceName ?? this.#request.connection.instance;
    if (this.#machine.system === 'windows' && !this.#parts.session && instance === undefined)
      return this.#find(notChecked(check, 'only a login tells which instance this is'));
    try {
      this.#completeRequested = devices.create(instance).completeRequested;
      delete this.#parts.devices;
      const left = await teardown({ devices }, this.#abort);
      this.#find(left[0] === undefined ? made : stuck(left[0]));
    } catch (thrown) {
      this.#find(failed(check, expected(thrown)));
    }
  }

  async #askDatabase(): Promise<void> {
    const { database } = this.#request;
    if (database === undefined) return;
    if (!this.#parts.session) return this.#find(notChecked('database', nobody));
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
    this.#find(spaceFinding(await roomIn(folder), bytes, encrypted));
  }

  /** Undefined without a session, and when it is lost meanwhile. */
  async #ask<T>(question: (session: SqlSession) => Promise<T>): Promise<T | undefined> {
    const { session } = this.#parts;
    if (!session) return undefined;
    try {
      const { loginTimeout } = this.#request.connection;
      return await this.#abort.race(inTime(question(session), loginTimeout));
    } catch (thrown) {
      this.#abort.throwIfAborted();
      this.#find(failed('connection', expected(thrown)));
      delete this.#parts.session;
      await session.close();
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
async function inTime<T>(answer: Promise<T>, loginTimeout: number): Promise<T> {
  const seconds = loginTimeout > 0 ? loginTimeout : longestAnswer;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `SQL Server left a question unanswered for ${seconds} s`;
    const hints = ['A slow server needs a longer -l.'];
    const failure = new Failure('connection', 'no-answer', message, { hints });
    timer = setTimeout(() => reject(failure), seconds * 1000);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function libraryWords(machine: MachineFacts): string {
  return machine.system === 'linux'
    ? `${machine.library.path} is for 64-bit x86 and has every call that vdibackup makes`
    : 'sqlvdi.dll is registered for 64-bit programs and makes its device set';
}

/** COM's words for a class that cannot be used are VDI's, but what fixes them is another command. */
function classFailure(failure: Failure, { system }: MachineFacts): Failure {
  if (system !== 'windows' || failure.code !== 'vdi-call-failed') return failure;
  const { kind, message, hints } = failure;
  return new Failure(kind, 'vdi-class-unusable', message, { hints, cause: failure });
}
