// One client socket seen as TDS messages, in plain text or through the TLS tunnel.
import type { Socket } from 'node:net';
import { encodePackets, PacketReader, packetTypes, type TdsMessage } from './packet.ts';
import { TlsTunnel } from './tls-tunnel.ts';

export interface WireListener {
  message(message: TdsMessage): void;
  closed(): void;
  /** The connection is given up because of this: a client out of protocol, or a bug of the stand-in. */
  problem(error: unknown): void;
}

export class Wire {
  packetSize = 4096;
  spid = 0;
  readonly #socket: Socket;
  readonly #listener: WireListener;
  readonly #messages = new PacketReader();
  readonly #handshake = new PacketReader();
  #tunnel: TlsTunnel | undefined;
  #handshaking = false;
  #swallowing = false;
  #packetId = 1;

  constructor(socket: Socket, listener: WireListener) {
    this.#socket = socket;
    this.#listener = listener;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.#guard(() => this.#receive(bytes as Buffer)));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#tunnel?.close();
      listener.closed();
    });
  }

  startTls(): void {
    this.#handshaking = true;
    this.#tunnel = new TlsTunnel({
      handshake: (records) => this.#writePackets(packetTypes.prelogin, records, true),
      bare: (records) => this.#write(records),
      clear: (bytes) => this.#guard(() => this.#deliver(bytes)),
      failed: () => this.destroy(),
    });
  }

  dropTls(): void {
    this.#tunnel?.close();
    this.#tunnel = undefined;
    this.#handshaking = false;
  }

  /** `last` ends the message; without it the client sees the tokens at once and waits for more. */
  send(type: number, payload: Buffer, last = true): void {
    if (this.#tunnel) {
      for (const packet of this.#encode(type, payload, last)) this.#tunnel.send(packet);
    } else {
      this.#writePackets(type, payload, last);
    }
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** From now on every byte of either direction is lost; the connection stays open. */
  swallow(): void {
    this.#swallowing = true;
  }

  #receive(bytes: Buffer): void {
    if (this.#swallowing) return;
    if (!this.#tunnel) {
      this.#deliver(bytes);
    } else if (
      this.#handshaking &&
      (this.#handshake.isInside || bytes[0] === packetTypes.prelogin)
    ) {
      for (const { payload } of this.#handshake.push(bytes)) this.#tunnel.receive(payload);
    } else {
      this.#handshaking = false;
      this.#tunnel.receive(bytes);
    }
  }

  #deliver(bytes: Buffer): void {
    for (const message of this.#messages.push(bytes)) this.#listener.message(message);
  }

  #writePackets(type: number, payload: Buffer, last: boolean): void {
    for (const packet of this.#encode(type, payload, last)) this.#write(packet);
  }

  #encode(type: number, payload: Buffer, last: boolean): Buffer[] {
    const options = { last, spid: this.spid, firstId: this.#packetId };
    const packets = encodePackets(type, payload, this.packetSize, options);
    this.#packetId = last ? 1 : this.#packetId + packets.length;
    return packets;
  }

  #write(bytes: Buffer): void {
    if (!this.#swallowing && !this.#socket.destroyed) this.#socket.write(bytes);
  }

  // A client that breaks the protocol loses its connection; the server and its other clients live on.
  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#listener.problem(error);
      this.destroy();
    }
  }
}
