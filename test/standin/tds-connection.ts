// One client: PRELOGIN, TLS, login, then one request after the other. A request may be cut short by an attention.
import type { Socket } from 'node:net';
import { type BatchContext, executeBatch } from './batch-executor.ts';
import { ByteReader } from './byte-reader.ts';
import { type BatchFault, type LoginFault, serverMessage } from './fault.ts';
import type { Instance } from './instance.ts';
import { isKerberos, type Login, parseLogin } from './login7.ts';
import { packetTypes, type TdsMessage } from './packet.ts';
import { pause } from './pause.ts';
import {
  type ConnectionCipher,
  encodePrelogin,
  negotiate,
  readClientEncryption,
} from './prelogin.ts';
import { parseRemoteCall } from './rpc.ts';
import type { Session } from './session.ts';
import { toText } from './sql-conversion.ts';
import { type ServerMessage, unknownProcedure } from './sql-error.ts';
import type { Typed } from './sql-value.ts';
import { TokenReply } from './token-reply.ts';
import {
  done,
  doneStatus,
  doneTokens,
  environmentCollation,
  environmentText,
  loginAck,
  message as messageToken,
} from './tokens.ts';
import { Wire } from './wire.ts';

/** What a connection needs of the server it belongs to. */
export interface ConnectionHost {
  readonly instance: Instance;
  readonly batches: Omit<BatchContext, 'session' | 'reply' | 'signal' | 'vanish' | 'swallow'>;
  /** Whether another client has logged in. */
  othersAreIn(connection: TdsConnection): boolean;
  takeLoginFault(): LoginFault;
  loggedIn(login: Login, accepted: boolean, cipher: ConnectionCipher): void;
  statement(text: string, sessionId: number): void;
  /** Of the batch that was last given to `statement`. */
  batchFault(): BatchFault | undefined;
  /** True when the statement is to be left without an answer. */
  isMute(text: string): boolean;
  closed(connection: TdsConnection): void;
  problem(error: unknown): void;
}

const tds74 = 0x7400_0004;

const untrusted: ServerMessage = {
  number: 18452,
  severity: 14,
  state: 1,
  text: 'Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication.',
};

export class TdsConnection {
  readonly #host: ConnectionHost;
  readonly #wire: Wire;
  readonly #id: number;
  #state: 'prelogin' | 'login' | 'ready' | 'running' | 'mute' | 'closed' = 'prelogin';
  #cipher: ConnectionCipher = 'plain';
  #session: Session | undefined;
  #running: AbortController | undefined;
  #loginTimer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, id: number, host: ConnectionHost) {
    this.#host = host;
    this.#id = id;
    this.#wire = new Wire(socket, {
      message: (message) => this.#message(message),
      closed: () => this.#closed(),
      problem: (error) => host.problem(error),
    });
    this.#wire.spid = id;
  }

  destroy(): void {
    this.#wire.destroy();
  }

  #message(message: TdsMessage): void {
    if (this.#state === 'mute') return;
    if (this.#state === 'prelogin' && message.type === packetTypes.prelogin) {
      this.#prelogin(message.payload);
    } else if (this.#state === 'login' && message.type === packetTypes.login7) {
      this.#login(parseLogin(message.payload));
    } else if (message.type === packetTypes.attention) {
      this.#attention();
    } else if (this.#state === 'ready') {
      this.#request(message);
    } else {
      this.destroy();
    }
  }

  #prelogin(payload: Buffer): void {
    const { instance } = this.#host;
    const { answer, cipher } = negotiate(readClientEncryption(payload), instance.tls);
    this.#cipher = cipher;
    this.#state = 'login';
    this.#wire.send(packetTypes.reply, encodePrelogin(instance.versionParts, answer));
    if (cipher === 'login-only' || cipher === 'everything') this.#wire.startTls();
  }

  #login(login: Login): void {
    const fault = this.#host.takeLoginFault();
    if (this.#cipher === 'login-only') this.#wire.dropTls();
    const wait = fault['slow-login'] ?? 0;
    if (fault['vanish-at-login']) this.destroy();
    else if (wait === 0) this.#answerLogin(login, fault);
    else this.#loginTimer = setTimeout(() => this.#answerLogin(login, fault), wait);
  }

  #answerLogin(login: Login, fault: LoginFault): void {
    const refusal = this.#refusal(login, fault);
    this.#host.loggedIn(login, refusal === undefined, this.#cipher);
    if (refusal) {
      this.#refuse(refusal);
      return;
    }
    const { instance } = this.#host;
    const database = instance.find(login.database)?.name ?? 'master';
    const packetSize = Math.min(32_767, Math.max(512, login.packetSize || 4096));
    this.#session = {
      id: this.#id,
      instance,
      login,
      encrypted: this.#cipher === 'everything',
      database,
      transactions: 0,
      rowCount: 0,
      lastError: 0,
      variables: new Map(),
    };
    this.#state = 'ready';
    this.#wire.send(packetTypes.reply, this.#welcome(login, database, packetSize));
    this.#wire.packetSize = packetSize;
  }

  get isIn(): boolean {
    return this.#state === 'ready' || this.#state === 'running';
  }

  #welcome(login: Login, database: string, packetSize: number): Buffer {
    const { instance } = this.#host;
    const said = (number: number, state: number, text: string) =>
      messageToken({ number, severity: 10, state, text }, instance.serverName, 1);
    return Buffer.concat([
      environmentText('database', database, 'master'),
      said(5701, 2, `Changed database context to '${database}'.`),
      environmentCollation(),
      environmentText('language', 'us_english', ''),
      said(5703, 1, 'Changed language setting to us_english.'),
      loginAck(Math.min(login.tdsVersion, tds74), instance.versionParts),
      environmentText('packet', String(packetSize), '4096'),
      done(doneTokens.done, 0),
    ]);
  }

  #refusal(login: Login, fault: LoginFault): readonly ServerMessage[] | undefined {
    const { instance } = this.#host;
    if (fault['login-error']) return [serverMessage(fault['login-error'])];
    const isWindows = login.windowsToken.length > 0;
    if (isWindows && !(instance.windowsLogins && isKerberos(login.windowsToken)))
      return [untrusted];
    const isKnown = login.userName.toLowerCase() === instance.login.user.toLowerCase();
    const failed = `Login failed for user '${login.userName}'.`;
    if (!isWindows && (!isKnown || login.password !== instance.login.password)) {
      return [{ number: 18456, severity: 14, state: 1, text: failed }];
    }
    if (instance.singleUser && this.#host.othersAreIn(this)) {
      const text = `Login failed for user '${login.userName}'. Reason: Server is in single user mode. Only one administrator can connect at this time.`;
      return [{ number: 18461, severity: 14, state: 1, text }];
    }
    const database = instance.find(login.database);
    if (login.database === '' || database?.state === 'ONLINE') return undefined;
    const text = `Cannot open database "${login.database}" requested by the login. The login failed.`;
    return [
      { number: 4060, severity: 11, state: 1, text },
      { number: 18456, severity: 14, state: 1, text: failed },
    ];
  }

  #refuse(messages: readonly ServerMessage[]): void {
    const { serverName } = this.#host.instance;
    const tokens = messages.map((message) => messageToken(message, serverName, 1));
    tokens.push(done(doneTokens.done, doneStatus.error));
    this.#wire.send(packetTypes.reply, Buffer.concat(tokens));
    this.#wire.end();
  }

  #attention(): void {
    if (this.#running) this.#running.abort('attention');
    else this.#wire.send(packetTypes.reply, done(doneTokens.done, doneStatus.attention));
  }

  #request({ type, payload }: TdsMessage): void {
    const reply = new TokenReply(
      this.#wire,
      this.#host.instance.serverName,
      type === packetTypes.rpc,
    );
    if (type === packetTypes.sqlBatch) {
      this.#start(textOf(payload), [], reply);
    } else if (type === packetTypes.rpc) {
      this.#call(payload, reply);
    } else {
      this.destroy();
    }
  }

  #call(payload: Buffer, reply: TokenReply): void {
    const { procedure, parameters } = parseRemoteCall(payload);
    const [statement, , ...values] = parameters;
    if (procedure.toLowerCase() !== 'sp_executesql' || !statement) {
      this.#host.statement(`EXEC ${procedure}`, this.#id);
      reply.message(unknownProcedure(procedure));
      reply.failed();
      reply.close(false);
      return;
    }
    const variables = values.map(({ name, typed }): [string, Typed] => [name.toLowerCase(), typed]);
    this.#start(toText(statement.typed.value ?? ''), variables, reply);
  }

  #start(text: string, variables: [string, Typed][], reply: TokenReply): void {
    const session = this.#session as Session;
    session.variables = new Map(variables);
    this.#host.statement(text, this.#id);
    const fault = this.#host.batchFault();
    if (fault?.vanish) {
      this.destroy();
      return;
    }
    const running = new AbortController();
    this.#running = running;
    this.#state = 'running';
    if (this.#host.isMute(text)) this.#state = 'mute';
    if (fault?.mute) {
      this.#state = 'mute';
      return;
    }
    const context: BatchContext = {
      ...this.#host.batches,
      session,
      reply: this.#state === 'mute' ? silence : reply,
      signal: running.signal,
      vanish: () => this.destroy(),
      swallow: () => this.#wire.swallow(),
    };
    this.#carryOut(text, context, fault).then(
      () => this.#finished(reply, running),
      (error) => {
        this.#host.problem(error);
        this.destroy();
      },
    );
  }

  async #carryOut(text: string, context: BatchContext, fault: BatchFault = {}): Promise<void> {
    await pause(fault.delay ?? 0, context.signal);
    if (context.signal.aborted) return;
    if (!fault.error) return executeBatch(text, context);
    context.reply.message(serverMessage(fault.error));
    context.reply.failed();
  }

  #finished(reply: TokenReply, running: AbortController): void {
    this.#running = undefined;
    if (this.#state !== 'running') return;
    this.#state = 'ready';
    reply.close(running.signal.reason === 'attention');
  }

  #closed(): void {
    clearTimeout(this.#loginTimer);
    this.#state = 'closed';
    this.#running?.abort('disconnected');
    this.#host.closed(this);
  }
}

/** SQLBatch: ALL_HEADERS, then the text. */
function textOf(payload: Buffer): string {
  const reader = new ByteReader(payload, payload.readUInt32LE(0));
  return payload.subarray(reader.offset).toString('utf16le');
}

const silence = {
  message() {},
  rows() {},
  database() {},
  failed() {},
  end() {},
  flush() {},
};
