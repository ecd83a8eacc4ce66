// THE STAND-IN for SQL Server: a test double, never shipped. It answers TDS clients, and drives the device sets of
// client processes that were started with `environment`. Made for tests; see PROTOCOL.md for its other half.
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ControlChannel } from './control-channel.ts';
import type { DeviceRun } from './device-run.ts';
import type { DeviceSetLink } from './device-set-link.ts';
import { StreamLibrary } from './device-streams.ts';
import type { BatchFault, Fault, LoginFault } from './fault.ts';
import { Instance, type InstanceOptions } from './instance.ts';
import type { Login } from './login7.ts';
import type { ConnectionCipher } from './prelogin.ts';
import type { DeviceBytes } from './recipe.ts';
import { TdsConnection } from './tds-connection.ts';

export interface LoginRecord {
  readonly user: string;
  /** By Kerberos. */
  readonly windows: boolean;
  readonly accepted: boolean;
  readonly hostName: string;
  readonly applicationName: string;
  readonly database: string;
  readonly cipher: ConnectionCipher;
}

const firstSession = 51;
const deviceStatement = /(^|[;\n])\s*(BACKUP|RESTORE)\b/i;

export class StandinServer {
  readonly instance: Instance;
  /** Text of every batch received, in order. */
  readonly statements: string[] = [];
  readonly logins: LoginRecord[] = [];
  /** Every BACKUP and RESTORE that got as far as its devices. */
  readonly runs: DeviceRun[] = [];
  /** Why connections were given up: clients out of protocol, or bugs of the stand-in. Empty in a good test. */
  readonly problems: unknown[] = [];
  /** Batches that get no answer, and neither does what follows on their connection. */
  unanswered: RegExp | undefined;
  readonly #listener: Server;
  readonly #control: ControlChannel;
  readonly #folder: string;
  readonly #connections = new Set<TdsConnection>();
  readonly #faults: Fault[] = [];
  readonly #loginFaults: LoginFault[] = [];
  readonly #batchFaults = new Map<number, BatchFault>();
  readonly #streams: StreamLibrary;
  #nextSession = firstSession;
  #stopping: Promise<void> | undefined;

  private constructor(options: InstanceOptions, control: ControlChannel, folder: string) {
    this.instance = new Instance(options);
    this.#control = control;
    this.#folder = folder;
    this.#streams = new StreamLibrary(this.instance, folder);
    this.#listener = createServer((socket) => {
      if (this.instance.isShutDown) {
        socket.destroy();
        return;
      }
      this.#connections.add(new TdsConnection(socket, this.#nextSession, this.#host()));
      this.#nextSession += 1;
    });
  }

  static async start(
    options: InstanceOptions & { readonly port?: number },
  ): Promise<StandinServer> {
    const control = await ControlChannel.listen();
    const folder = await mkdtemp(join(tmpdir(), 'standin-'));
    const server = new StandinServer(options, control, folder);
    await new Promise<void>((resolve, reject) => {
      server.#listener.once('error', reject);
      server.#listener.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    return server;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** What a client process needs in its environment for the native half to find this server. */
  get environment(): Record<string, string> {
    return { VDI_STANDIN_CONTROL: this.#control.address };
  }

  /** Folder for recipes, generated pages and restored bytes; gone after `stop`. */
  get folder(): string {
    return this.#folder;
  }

  /** Device sets that clients hold now. */
  get deviceSets(): readonly DeviceSetLink[] {
    return this.#control.links;
  }

  /** Scripts the next BACKUP or RESTORE that has none yet; one call, one statement. */
  fault(fault: Fault): void {
    this.#faults.push(fault);
  }

  /** Scripts the next login. */
  loginFault(fault: LoginFault): void {
    this.#loginFaults.push(fault);
  }

  /** What was scripted and has not come yet does not come any more. */
  forgetFaults(): void {
    this.#faults.length = 0;
    this.#loginFaults.length = 0;
    this.#batchFaults.clear();
  }

  /** Scripts the batch of this number, counted from 1 over all connections. */
  batchFault(number: number, fault: BatchFault): void {
    this.#batchFaults.set(number, fault);
  }

  /** Length and SHA-256 of what device `device` of the latest run of `database` with `devices` devices was sent, or gave. */
  async expectedBytes(database: string, devices = 1, device = 0): Promise<DeviceBytes> {
    const run = this.runs.findLast(
      (one) => one.database === database && one.names.length === devices,
    );
    const found = run?.devices[device];
    if (!found) throw new Error(`no run of ${database} with ${devices} device(s)`);
    return found.bytes();
  }

  /** Drops every client connection, as the end of the SQL Server process would. */
  disconnectAll(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.disconnectAll();
    await new Promise<void>((resolve) => this.#listener.close(() => resolve()));
    await this.#control.close();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }

  #host() {
    return {
      instance: this.instance,
      batches: {
        control: this.#control,
        streams: this.#streams,
        folder: this.#folder,
        runs: this.runs,
        takeFault: () => this.#faults.shift() ?? {},
      },
      othersAreIn: (connection: TdsConnection) =>
        [...this.#connections].some((other) => other !== connection && other.isIn),
      takeLoginFault: () => this.#loginFaults.shift() ?? {},
      loggedIn: (login: Login, accepted: boolean, cipher: ConnectionCipher) => {
        const { userName: user, hostName, applicationName, database } = login;
        const windows = login.windowsToken.length > 0;
        this.logins.push({ user, windows, accepted, hostName, applicationName, database, cipher });
      },
      statement: (text: string) => {
        this.statements.push(text);
      },
      batchFault: () => this.#batchFaults.get(this.statements.length),
      isMute: (text: string) =>
        Boolean(deviceStatement.test(text) && this.#faults[0]?.['mute-sql']) ||
        this.unanswered?.test(text) === true,
      problem: (error: unknown) => {
        this.problems.push(error);
      },
      closed: (connection: TdsConnection) => {
        this.#connections.delete(connection);
      },
    };
  }
}
