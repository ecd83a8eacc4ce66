// The native half of a client that is not there: speaks the control channel and follows a script.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ControlLine, parseControlLine } from '../../standin/control-line.ts';

export class FakeClient {
  readonly #socket: Socket;
  readonly lines: ControlLine[] = [];
  #rest = '';

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    socket.on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) {
        this.lines.push(parseControlLine(line));
        socket.emit('line');
      }
    });
  }

  /** Connects and creates a device set. */
  static async create(address: string, set: string, devices = 1, features = 0x2000) {
    const [host = '', port = ''] = address.split(':');
    const socket = connect(Number(port), host);
    await once(socket, 'connect');
    const client = new FakeClient(socket);
    client.say(
      `create set=${encodeURIComponent(set)} devices=${devices} features=${features} pid=1`,
    );
    return client;
  }

  say(line: string): void {
    this.#socket.write(`${line}\n`);
  }

  /** The next line with this verb, past or future. */
  async heard(verb: string): Promise<Readonly<Record<string, string>>> {
    for (;;) {
      const found = this.lines.find((line) => line.verb === verb);
      if (found) return found.values;
      await once(this.#socket, 'line', { signal: AbortSignal.timeout(5000) });
    }
  }

  /** Goes away without a word, as a killed process does. */
  vanish(): void {
    this.#socket.destroy();
  }
}
