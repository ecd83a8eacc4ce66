// What the TDS driver takes for its socket. The driver speaks PRELOGIN and LOGIN7 into it as if nobody wanted
// encryption; what leaves here is decided here: the client's wish in PRELOGIN, TLS, and that no byte of a login follows
// an answer that does not allow it. The driver itself would send the login whatever the answer is, encrypts all or
// nothing, and asks TLS for an address by name, which Node 26 refuses. Source: MS-TDS 2.2.6.5, 3.2.5.1, 3.2.5.2.

import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { asError, internalError } from '../../base/errors.ts';
import { hungUp, notEncrypted, notSqlServer } from '../message/connect-failure.ts';
import type { SqlConnectionSettings } from '../sql-session.ts';
import {
  encodeMessage,
  encryption,
  encryptionOf,
  MessageReader,
  packetTypes,
  withEncryption,
} from './tds-message.ts';
import { TlsInTds } from './tds-tls.ts';

type Done = (error?: Error | null) => void;

/** How the connection goes on behind PRELOGIN; `refused` before a login. */
type Cipher = 'plain' | 'login-only' | 'everything' | 'refused';

/** `answer` is the server's ENCRYPTION. What is said here is the promise of `-N`: only `optional` can be talked out of TLS. */
export function cipherFor(
  encrypt: SqlConnectionSettings['encrypt'],
  answer: number | undefined,
): Cipher {
  if (encrypt === 'strict') return 'plain';
  if (answer === encryption.on || answer === encryption.required) return 'everything';
  if (encrypt !== 'optional') return 'refused';
  if (answer === encryption.off) return 'login-only';
  return answer === encryption.notSupported ? 'plain' : 'refused';
}

export class LoginTransport extends Duplex {
  readonly #socket: Socket;
  /** The socket, or with TDS 8 the TLS connection around everything. */
  readonly #base: Duplex;
  readonly #settings: SqlConnectionSettings;
  readonly #outgoing = new MessageReader();
  readonly #incoming = new MessageReader();
  #stage: 'prelogin' | 'answer' | 'tls' | 'login' | 'login-answer' | 'open' = 'prelogin';
  #cipher: Cipher = 'refused';
  #tls: TlsInTds | undefined;
  /** Takes the login, and all that follows it. */
  #clear: Duplex;
  #ended = false;

  constructor(socket: Socket, base: Duplex, settings: SqlConnectionSettings) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    this.#base = base;
    this.#clear = base;
    this.#settings = settings;
    this.on('error', () => undefined);
    base.on('data', (bytes: Buffer) => this.#guard(() => this.#receive(bytes)));
    base.on('end', () => this.#end());
    base.on('error', (error) => this.destroy(this.#lost(error)));
    base.on('close', () => {
      if (!this.#ended) this.destroy(this.#lost());
    });
  }

  /** The driver's own wish. */
  setKeepAlive(on: boolean, delay: number): this {
    this.#socket.setKeepAlive(on, delay);
    return this;
  }

  override _read(): void {
    this.#clear.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: Done): void {
    if (this.#stage === 'login-answer' || this.#stage === 'open') {
      this.#clear.write(bytes, done);
      return;
    }
    try {
      this.#outgoing.push(bytes);
      const message = this.#outgoing.next();
      if (!message) done();
      else if (this.#stage === 'prelogin' && message.type === packetTypes.prelogin)
        this.#sendPrelogin(message.payload, done);
      else if (this.#stage === 'login' && message.type === packetTypes.login)
        this.#sendLogin(message.packets, done);
      else throw internalError('a PRELOGIN, then a login', `${message.type} (${this.#stage})`);
    } catch (error) {
      done(asError(error));
    }
  }

  override _final(done: Done): void {
    this.#clear.end(() => done());
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#tls?.drop();
    this.#base.destroy();
    this.#socket.destroy();
    done(error);
  }

  #sendPrelogin(payload: Buffer, done: Done): void {
    const wishes = {
      strict: encryption.notSupported,
      mandatory: encryption.on,
      optional: encryption.off,
    } as const;
    const wish = wishes[this.#settings.encrypt];
    this.#stage = 'answer';
    const changed = withEncryption(payload, wish);
    this.#base.write(encodeMessage(packetTypes.prelogin, changed), done);
  }

  #sendLogin(packets: Buffer, done: Done): void {
    this.#stage = 'login-answer';
    if (this.#cipher !== 'login-only') {
      this.#clear.write(packets, done);
      return;
    }
    // "The first TDS packet of the Login message MUST be encrypted. All other TDS packets MUST be in plaintext."
    if (packets.readUInt16BE(2) !== packets.length)
      throw internalError('a login of one packet', `${packets.length} bytes`);
    const tls = this.#tls;
    const encrypted = this.#clear;
    this.#tls = undefined;
    this.#clear = this.#base;
    encrypted.write(packets, (error) => {
      tls?.drop();
      done(error);
    });
  }

  #receive(bytes: Buffer): void {
    if (this.#stage === 'answer') this.#readAnswer(bytes);
    else if (this.#tls) this.#tls.receive(bytes);
    else this.#deliver(bytes);
  }

  #readAnswer(bytes: Buffer): void {
    // A stranger's first words are rarely a length: SSH, HTTP and TLS begin with other bytes.
    if (this.#incoming.isEmpty && bytes[0] !== packetTypes.reply)
      throw notSqlServer(this.#settings);
    this.#incoming.push(bytes);
    const answer = this.#incoming.next();
    if (!answer) return;
    const { encrypt } = this.#settings;
    const said = encryptionOf(answer.payload);
    if (said === undefined && encrypt !== 'strict') throw notSqlServer(this.#settings);
    this.#cipher = cipherFor(encrypt, said);
    if (this.#cipher === 'refused') throw notEncrypted(this.#settings);
    if (this.#cipher === 'plain') {
      this.#loginMayFollow(answer.payload);
      return;
    }
    this.#stage = 'tls';
    this.#startTls(answer.payload).catch((error: unknown) => this.destroy(asError(error)));
  }

  async #startTls(answer: Buffer): Promise<void> {
    const { trustServerCertificate } = this.#settings;
    this.#tls = new TlsInTds(this.#base);
    // Login-only encryption is checked as little as with Microsoft's drivers: who could stand between could as well have
    // answered that he has no encryption.
    const unchecked = trustServerCertificate || this.#cipher === 'login-only';
    const clear = await this.#tls.start(this.#settings, unchecked);
    this.#clear = clear;
    // Of a login-only connection nothing comes this way, not even its end.
    if (this.#cipher === 'everything') {
      clear.on('data', (bytes: Buffer) => this.#deliver(bytes));
      clear.on('end', () => this.#finish());
      clear.on('error', (error) => this.destroy(this.#lost(error)));
    }
    this.#loginMayFollow(answer);
  }

  /** The driver is told that there is no encryption: from here on it has none of its own. */
  #loginMayFollow(answer: Buffer): void {
    this.#stage = 'login';
    const told =
      encryptionOf(answer) === undefined ? answer : withEncryption(answer, encryption.notSupported);
    this.push(encodeMessage(packetTypes.reply, told));
  }

  #deliver(bytes: Buffer): void {
    if (this.#stage === 'login-answer') this.#stage = 'open';
    if (!this.push(bytes)) this.#clear.pause();
  }

  /** The other end has said its last: an ordinary end once the login is answered, a failure before. */
  #end(): void {
    if (this.#tls && this.#stage !== 'tls') this.#tls.end();
    else this.#finish();
  }

  #finish(): void {
    this.#ended = true;
    if (this.#stage === 'open') this.push(null);
    else this.destroy(this.#lost());
  }

  #lost(error?: Error): Error {
    if (this.#stage === 'open') return error ?? new Error('the connection has ended');
    return hungUp(this.#settings, this.#stage === 'login-answer', error);
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.destroy(error instanceof RangeError ? notSqlServer(this.#settings) : asError(error));
    }
  }
}
