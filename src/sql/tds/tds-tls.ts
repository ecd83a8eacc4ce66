// TLS to SQL Server, both ways: inside the PRELOGIN messages of TDS 7 (MS-TDS 3.2.5.2), and around everything (TDS 8,
// strict). Whom the certificate has to name is decided here and never left to the environment.

import { isIP, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { SqlConnectionSettings } from '../sql-session.ts';
import { encodeMessage, MessageReader, packetTypes } from './tds-message.ts';

/**
 * A server name (SNI) must not be an address (RFC 6066), and Node 26 refuses one; the certificate is compared with
 * `host`, which may be an address. `rejectUnauthorized` is always said: NODE_TLS_REJECT_UNAUTHORIZED=0 counts otherwise.
 */
function identity(
  { host, hostNameInCertificate }: SqlConnectionSettings,
  unchecked: boolean,
): ConnectionOptions {
  const name = hostNameInCertificate ?? host;
  return {
    host: name,
    ...(isIP(name) === 0 && { servername: name }),
    rejectUnauthorized: !unchecked,
  };
}

/** TLS first, TDS within: TDS 8. -C has no effect, as in sqlcmd. */
export async function strictTls(
  socket: Socket,
  settings: SqlConnectionSettings,
): Promise<TLSSocket> {
  const tls = connect({ ...identity(settings, false), socket, ALPNProtocols: ['tds/8.0'] });
  await handshake(tls);
  return tls;
}

/**
 * The records of a TLS connection on their way through TDS: in PRELOGIN messages during the handshake, bare after it.
 * Writes to `wire`; what comes from there is given to `receive`.
 */
export class TlsInTds {
  readonly #wire: Duplex;
  readonly #records: Duplex;
  readonly #reader = new MessageReader();
  #handshaking = true;
  #flight: Buffer[] = [];
  #dropped = false;
  #tls: TLSSocket | undefined;

  constructor(wire: Duplex) {
    this.#wire = wire;
    this.#records = new Duplex({
      read: () => wire.resume(),
      write: (chunk: Buffer, _encoding, done) => this.#leave(chunk, done),
    });
  }

  /** Resolves with the clear side when both have agreed and the certificate is accepted. */
  async start(settings: SqlConnectionSettings, unchecked: boolean): Promise<TLSSocket> {
    this.#tls = connect({
      ...identity(settings, unchecked),
      socket: this.#records,
      // The server must have the last word of the handshake: after it nothing is in a PRELOGIN message (TDS 7).
      maxVersion: 'TLSv1.2',
    });
    await handshake(this.#tls);
    this.#handshaking = false;
    const rest = this.#reader.rest();
    if (rest.length > 0) this.#records.push(rest);
    return this.#tls;
  }

  receive(bytes: Buffer): void {
    if (!this.#handshaking) {
      if (!this.#records.push(bytes)) this.#wire.pause();
      return;
    }
    this.#reader.push(bytes);
    for (let message = this.#reader.next(); message; message = this.#reader.next()) {
      const { type, payload } = message;
      if (type !== packetTypes.prelogin && type !== packetTypes.reply)
        throw new RangeError('an answer to the handshake that is none');
      this.#records.push(payload);
    }
  }

  /** The other end closed the connection. */
  end(): void {
    this.#records.push(null);
  }

  /** Ends TLS without a word to the other end, which has ended it already (login-only encryption), or is gone. */
  drop(): void {
    this.#dropped = true;
    this.#tls?.destroy();
    this.#records.destroy();
  }

  #leave(records: Buffer, done: (error?: Error | null) => void): void {
    if (this.#dropped) {
      done();
      return;
    }
    if (!this.#handshaking) {
      this.#wire.write(records, done);
      return;
    }
    // One message a flight, however many writes OpenSSL makes of it: a server answers each message.
    this.#flight.push(records);
    if (this.#flight.length === 1) setImmediate(() => this.#sendFlight());
    done();
  }

  #sendFlight(): void {
    const flight = Buffer.concat(this.#flight);
    this.#flight = [];
    if (!this.#dropped) this.#wire.write(encodeMessage(packetTypes.prelogin, flight));
  }
}

function handshake(tls: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const lost = () => reject(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
    tls.once('secureConnect', resolve);
    // Stays: an error without a listener would end the process. What is settled is not rejected any more.
    tls.on('error', reject);
    tls.once('close', lost);
    tls.once('end', lost);
  });
}
