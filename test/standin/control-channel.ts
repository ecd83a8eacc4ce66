// The listener the native halves of all client processes connect to: one connection per device set.

import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { DeviceSetLink } from './device-set-link.ts';

// `create` and the BACKUP statement travel on different sockets: the statement may be read first.
const graceMilliseconds = 500;

export class ControlChannel {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #links = new Map<string, DeviceSetLink>();
  readonly #waiting = new Set<() => void>();

  private constructor() {
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async listen(): Promise<ControlChannel> {
    const channel = new ControlChannel();
    await new Promise<void>((resolve, reject) => {
      channel.#server.once('error', reject);
      channel.#server.listen(0, '127.0.0.1', resolve);
    });
    return channel;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Device sets that are known now. */
  get links(): readonly DeviceSetLink[] {
    return [...this.#links.values()];
  }

  /** The device set of that name, not yet in use; `undefined` when no client made it. */
  async find(name: string): Promise<DeviceSetLink | undefined> {
    const deadline = Date.now() + graceMilliseconds;
    for (;;) {
      const link = this.#links.get(name);
      if (link && !link.begun) return link;
      const left = deadline - Date.now();
      if (left <= 0) return undefined;
      await this.#change(left);
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    const link = new DeviceSetLink(socket);
    link.onCreate = () => {
      this.#links.set(link.name, link);
      this.#changed();
    };
    link.onGone = () => {
      this.#sockets.delete(socket);
      if (this.#links.get(link.name) === link) this.#links.delete(link.name);
      this.#changed();
    };
  }

  #changed(): void {
    for (const wake of this.#waiting) wake();
  }

  #change(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      this.#waiting.add(wake);
    });
  }
}
