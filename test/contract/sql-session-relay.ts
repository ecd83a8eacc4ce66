// A TCP relay between a session and the stand-in: counts logins, cuts the wire, and can lie about encryption.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface RelayOptions {
  /** Changes what the client sends first (its PRELOGIN packet). */
  readonly onFirstPacket?: (packet: Buffer) => void;
}

export class SqlSessionRelay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  connections = 0;

  private constructor(target: number, { onFirstPacket }: RelayOptions) {
    this.#server = createServer((client) => {
      this.connections += 1;
      const upstream = connect(target, '127.0.0.1');
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          this.#sockets.delete(socket);
          client.destroy();
          upstream.destroy();
        });
      }
      if (onFirstPacket) client.once('data', onFirstPacket);
      client.pipe(upstream);
      upstream.pipe(client);
    });
  }

  static async start(target: number, options: RelayOptions = {}): Promise<SqlSessionRelay> {
    const relay = new SqlSessionRelay(target, options);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends every connection: with a reset, or politely with a FIN. */
  cut(how: 'reset' | 'end'): void {
    for (const socket of this.#sockets) {
      if (how === 'reset') socket.resetAndDestroy();
      else socket.end();
    }
  }

  /** Nothing passes any more, and nobody is told. */
  hold(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

const tdsHeaderLength = 8;
const encryptionToken = 1;
const notSupported = 2;

/** Rewrites the client's wish in a PRELOGIN packet to "encryption not supported": what a man in the middle would do. */
export function stripEncryption(packet: Buffer): void {
  for (let at = tdsHeaderLength; packet[at] !== 0xff; at += 5) {
    if (packet[at] !== encryptionToken) continue;
    packet[tdsHeaderLength + packet.readUInt16BE(at + 1)] = notSupported;
  }
}
