// What one run has open at SQL Server for one database: session, device set, statement. Opened, handed over and closed
// here and nowhere else, so that the clean-up has one order. What is closed is forgotten.
// SignalAbort is no step of it: ServedDevices calls it the moment the abort is raised.

import type { Abort } from '../../base/abort.ts';
import { within } from '../../base/deadline.ts';
import { openSession } from '../../sql/open-session.ts';
import type { SqlConnectionSettings, SqlSession } from '../../sql/sql-session.ts';
import { openDeviceSet } from '../../vdi/open-device-set.ts';
import type { DeviceConfiguration, VirtualDeviceSetOptions } from '../../vdi/virtual-device-set.ts';
import { ServedDevices } from './served-devices.ts';
import { type StatementWatch, WatchedStatement } from './watched-statement.ts';

/** How long device threads may take to leave VDI after SignalAbort, ms; then Close is unsafe and is not called. */
const joinTimeoutMs = 5000;
/** How long SQL Server may take to end the statement by itself before it gets an attention, ms. */
const answerTimeoutMs = 3000;
/** How long it may take to answer the attention, ms. */
const cancelTimeoutMs = 2000;

type DeviceSetRequest = Omit<VirtualDeviceSetOptions, 'library'> & {
  readonly vdiLibrary: string | undefined;
  /** The Win32 code that tells SQL Server why a command failed. */
  readonly completionCode: (failure: Error) => number;
};

/** What is printed of the database once it is known how the run ended, while the session lives. Bounded, never rejects. */
type Aftermath = (session: SqlSession | undefined) => Promise<void>;

export class Resources {
  readonly #abort: Abort;
  #session: SqlSession | undefined;
  #devices: ServedDevices | undefined;
  /** SQL Server has opened the devices: it learns of the abort through them. */
  #areMet = false;
  #statement: WatchedStatement | undefined;
  #discard: (() => Promise<boolean>) | undefined;
  #aftermath: Aftermath | undefined;

  constructor(abort: Abort) {
    this.#abort = abort;
  }

  get session(): SqlSession | undefined {
    return this.#session;
  }

  async connect(settings: SqlConnectionSettings): Promise<SqlSession> {
    return this.adopt(await this.#abort.race(openSession(settings)));
  }

  /** `session` was opened elsewhere, and is closed here. */
  adopt(session: SqlSession): SqlSession {
    this.#session = session;
    return session;
  }

  async disconnect(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  /** Loads the VDI library and starts the device threads. `abort` is the statement's where the job may outlive it. */
  openDevices(
    { vdiLibrary, completionCode, ...options }: DeviceSetRequest,
    abort = this.#abort,
  ): ServedDevices {
    const library = vdiLibrary !== undefined && { library: vdiLibrary };
    const set = openDeviceSet({ ...options, ...library });
    this.#areMet = false;
    this.#devices = new ServedDevices(set, abort, completionCode);
    return this.#devices;
  }

  /** Sends `text`. A statement that fails raises `watch.abort`. */
  execute(session: SqlSession, text: string, watch: StatementWatch): WatchedStatement {
    this.#statement = new WatchedStatement(session, text, watch);
    return this.#statement;
  }

  /** SQL Server opens the devices for `statement`; after `prepare`, all of them are opened here. */
  async meet(
    statement: WatchedStatement,
    { set }: ServedDevices,
    prepare?: (configuration: DeviceConfiguration) => Promise<void>,
  ): Promise<DeviceConfiguration> {
    const configuration = await statement.orServerWords(() => set.configured());
    this.#areMet = true;
    await prepare?.(configuration);
    await statement.orServerWords(async () => set.openDevices());
    return configuration;
  }

  /** Every device was closed by the server: the set's memory goes before SQL Server's verdict is awaited. */
  closeDevices(): void {
    const devices = this.#devices;
    this.#devices = undefined;
    devices?.close();
  }

  /** Its verdict is known, or is waited for no longer. */
  forgetStatement(): void {
    this.#statement = undefined;
  }

  /** `discard` removes what is unfinished; false where it cannot. */
  onUndo(discard: () => Promise<boolean>): void {
    this.#discard = discard;
  }

  /** In place of the one before. */
  onAftermath(aftermath: Aftermath): void {
    this.#aftermath = aftermath;
  }

  /** The one order of a run that failed or was aborted. What could not be cleaned up, in words for the user. */
  async undo(): Promise<string[]> {
    const left = await this.endStatement();
    if ((await this.#discard?.()) === false) left.push('a .partial file could not be removed');
    await this.#aftermath?.(this.#abort.hurried ? undefined : this.#session);
    await this.disconnect();
    return left;
  }

  /** Ends the statement that failed and its devices; the session lives on. What could not be cleaned up. */
  async endStatement(abort = this.#abort): Promise<string[]> {
    const [devices, statement] = [this.#devices, this.#statement];
    this.#devices = undefined;
    this.#statement = undefined;
    const stuck = devices && !(await joined(devices));
    // A statement that still waits for a lock or a worker has not seen the devices and would never hear of their end.
    if (!this.#areMet) statement?.running.cancel();
    if (statement) await awaitEnd(statement, abort);
    return stuck
      ? ['a virtual device did not answer the abort; its device set was not closed']
      : [];
  }
}

async function joined(devices: ServedDevices): Promise<boolean> {
  await devices.set.abort();
  const isOut = (await within(devices.set.ended, joinTimeoutMs)) !== undefined;
  if (isOut) devices.close();
  else devices.set.abandon();
  return isOut;
}

/** After an abort SQL Server's message is worth a short wait; a second Ctrl-C says it is not. */
async function awaitEnd({ running }: WatchedStatement, abort: Abort): Promise<void> {
  const hurried = new Promise<true>((resolve) => abort.onHurry(() => resolve(true)));
  const outcome = Promise.race([running.outcome, hurried]);
  if (await within(outcome, answerTimeoutMs)) return;
  running.cancel();
  await within(outcome, cancelTimeoutMs);
}
