// The server end of TLS as TDS 7 carries it: handshake records travel inside PRELOGIN messages, everything
// after the handshake goes bare on the socket. Knows no TDS beyond that.
import { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';
import { testCertificate, testPrivateKey } from './certificate.ts';

// TDS 7 clients expect the server to speak last in the handshake, which TLS 1.3 does not guarantee.
const secureContext = createSecureContext({
  cert: testCertificate,
  key: testPrivateKey,
  maxVersion: 'TLSv1.2',
});

export interface TunnelOutput {
  handshake(records: Buffer): void;
  bare(records: Buffer): void;
  clear(bytes: Buffer): void;
  failed(error: Error): void;
}

export class TlsTunnel {
  readonly #duplex: Duplex;
  readonly #socket: TLSSocket;
  readonly #output: TunnelOutput;
  /** Until the handshake is over, records travel inside PRELOGIN messages. What OpenSSL hands out need not begin with a record. */
  #handshaking = true;
  #flight: Buffer[] = [];
  #closed = false;

  constructor(output: TunnelOutput) {
    this.#output = output;
    this.#duplex = new Duplex({
      read() {},
      write: (chunk: Buffer, _encoding, done) => {
        this.#leave(chunk);
        done();
      },
    });
    this.#socket = new TLSSocket(this.#duplex, { isServer: true, secureContext });
    this.#socket.on('data', (bytes: Buffer) => output.clear(bytes));
    this.#socket.on('error', (error) => {
      if (!this.#closed) output.failed(error);
    });
  }

  receive(records: Buffer): void {
    this.#duplex.push(records);
  }

  /** The first answer to a login ends the handshake: a client logs in only after it. */
  send(bytes: Buffer): void {
    this.#handshaking = false;
    this.#socket.write(bytes);
  }

  /** Forgets the cipher without a close_notify: login-only encryption goes on in plain text. */
  close(): void {
    this.#closed = true;
    this.#socket.destroy();
    this.#duplex.destroy();
  }

  #leave(records: Buffer): void {
    if (this.#closed) return;
    if (!this.#handshaking) {
      this.#output.bare(records);
      return;
    }
    // tedious awaits exactly one PRELOGIN message per flight, however many writes OpenSSL makes of it.
    this.#flight.push(records);
    if (this.#flight.length === 1) setImmediate(() => this.#flushFlight());
  }

  #flushFlight(): void {
    const records = Buffer.concat(this.#flight);
    this.#flight = [];
    if (!this.#closed) this.#output.handshake(records);
  }
}
