// A server that only wants a login: it answers PRELOGIN as it is told, and keeps every byte that reached it. Made of the
// stand-in's packets, PRELOGIN and TLS; it is no SQL Server behind that.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';
import { ByteWriter } from '../standin/byte-writer.ts';
import { testCertificate, testPrivateKey } from '../standin/certificate.ts';
import { type Login, parseLogin } from '../standin/login7.ts';
import { encodePackets, PacketReader, packetTypes } from '../standin/packet.ts';
import { encodePrelogin, encryption } from '../standin/prelogin.ts';
import { TlsTunnel } from '../standin/tls-tunnel.ts';
import { done, doneTokens, loginAck } from '../standin/tokens.ts';

/** `encrypts` has a certificate that nobody vouches for, as `routes`, which sends every login on to another server. */
export type Conduct = 'not-supported' | 'off' | 'hang-up' | 'encrypts' | 'routes';

type Send = (type: number, payload: Buffer) => void;

const handshakeRecord = 0x16;
const version = [16, 0, 4135, 4];

export class WatchedServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #received: Buffer[] = [];
  /** What came with a login that could be read here, in clear or out of TLS. */
  readonly logins: Login[] = [];

  private constructor(conduct: Conduct, routeTo: number) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      this.#serve(socket, conduct, routeTo);
    });
  }

  static async start(conduct: Conduct, routeTo = 0): Promise<WatchedServer> {
    const watched = new WatchedServer(conduct, routeTo);
    watched.#server.listen(0, '127.0.0.1');
    await once(watched.#server, 'listening');
    return watched;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Everything that was on the wire, in the direction of this server. */
  get received(): Buffer {
    return Buffer.concat(this.#received);
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #serve(socket: Socket, conduct: Conduct, routeTo: number): void {
    let take: ((bytes: Buffer) => void) | undefined;
    socket.on('data', (bytes: Buffer) => {
      this.#received.push(bytes);
      take ??=
        bytes[0] === handshakeRecord && (conduct === 'encrypts' || conduct === 'routes')
          ? this.#tlsFirst(socket, conduct, routeTo)
          : this.#preloginFirst(socket, conduct, routeTo);
      take(bytes);
    });
  }

  #tlsFirst(socket: Socket, conduct: Conduct, routeTo: number): (bytes: Buffer) => void {
    const records = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _, written) => socket.write(chunk, written),
    });
    const secureContext = createSecureContext({ cert: testCertificate, key: testPrivateKey });
    const tls = new TLSSocket(records, {
      isServer: true,
      secureContext,
      ALPNProtocols: ['tds/8.0'],
    });
    tls.on('error', () => socket.destroy());
    const send = (type: number, payload: Buffer) => void tls.write(packet(type, payload));
    const talk = this.#talk(socket, conduct, routeTo, send);
    tls.on('data', talk);
    return (bytes) => records.push(bytes);
  }

  #preloginFirst(socket: Socket, conduct: Conduct, routeTo: number): (bytes: Buffer) => void {
    const send = (type: number, payload: Buffer) => void socket.write(packet(type, payload));
    if (conduct !== 'encrypts' && conduct !== 'routes')
      return this.#talk(socket, conduct, routeTo, send);
    const tunnel = new TlsTunnel({
      handshake: (records) => send(packetTypes.prelogin, records),
      bare: (records) => void socket.write(records),
      clear: (bytes) => talk(bytes),
      failed: () => socket.destroy(),
    });
    const answer = (type: number, payload: Buffer) => tunnel.send(packet(type, payload));
    const talk = this.#talk(socket, conduct, routeTo, answer);
    const handshake = new PacketReader();
    let greeted = false;
    return (bytes) => {
      if (!handshake.isInside && bytes[0] !== packetTypes.prelogin) {
        tunnel.receive(bytes);
        return;
      }
      for (const { payload } of handshake.push(bytes)) {
        if (greeted) tunnel.receive(payload);
        else send(packetTypes.reply, encodePrelogin(version, encryption.on));
        greeted = true;
      }
    };
  }

  /** PRELOGIN and a login; what is no TDS gets the words of a server that knows no better. */
  #talk(socket: Socket, conduct: Conduct, routeTo: number, send: Send): (bytes: Buffer) => void {
    const reader = new PacketReader();
    const answer = conduct === 'off' ? encryption.off : encryption.notSupported;
    const greet = () => send(packetTypes.reply, encodePrelogin(version, answer));
    const admit = (payload: Buffer) => {
      this.logins.push(parseLogin(payload));
      if (conduct === 'routes') send(packetTypes.reply, routing(routeTo));
      else socket.end();
    };
    return (bytes) => {
      if (conduct === 'hang-up') socket.end();
      else if (bytes[0] === handshakeRecord) greet();
      else
        for (const { type, payload } of reader.push(bytes))
          if (type === packetTypes.login7) admit(payload);
          else greet();
    };
  }
}

function packet(type: number, payload: Buffer): Buffer {
  return Buffer.concat(encodePackets(type, payload, 4096, { last: true, spid: 51, firstId: 1 }));
}

/** LOGINACK and ENVCHANGE 20 (MS-TDS 2.2.7.9): protocol 0 (TCP), port, server. */
function routing(port: number): Buffer {
  const target = '127.0.0.1';
  const value = new ByteWriter().u8(0).u16(port).u16(target.length);
  value.bytes(Buffer.from(target, 'utf16le'));
  const body = new ByteWriter().u8(20).u16(value.length).bytes(value.toBuffer()).u16(0);
  const change = new ByteWriter().u8(0xe3).u16(body.length).bytes(body.toBuffer());
  return Buffer.concat([
    loginAck(0x7400_0004, version),
    change.toBuffer(),
    done(doneTokens.done, 0),
  ]);
}

/** How often `bytes` hold a LOGIN7 packet, or the password in a form that anybody can undo. */
export function clearLogins(bytes: Buffer, password: string): string[] {
  const wide = Buffer.from(password, 'utf16le');
  // MS-TDS 2.2.6.4: the halves of each byte are exchanged, then XOR 0xA5.
  const disguised = Buffer.from(wide.map((byte) => ((byte << 4) | (byte >> 4)) ^ 0xa5));
  const found = [
    ['password', bytes.includes(Buffer.from(password))],
    ['password in UTF-16', bytes.includes(wide)],
    ['password in the disguise of LOGIN7', bytes.includes(disguised)],
    ['LOGIN7', clearTypes(bytes).includes(packetTypes.login7)],
  ] as const;
  return found.filter(([, is]) => is).map(([what]) => what);
}

/** Types of the TDS packets that begin `bytes`, up to whatever is none. */
function clearTypes(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt16BE(at + 2);
    if (length < 8 || bytes[at + 1] !== 1) break;
    types.push(bytes[at] ?? 0);
    at += length;
  }
  return types;
}
