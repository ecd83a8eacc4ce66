// One device set of a client, as the server sees it over the control channel.
import type { Socket } from 'node:net';
import { type ControlValue, formatControlLine, parseControlLine } from './control-line.ts';

/** Win32 code with which the client completed a command. */
export interface CompletionError {
  readonly device: number;
  readonly command: string;
  readonly win32: number;
}

/** How the server half ended; `lost`: the client process went away without a word. */
export interface DeviceSetEnd {
  readonly status: 'ok' | 'failed' | 'aborted' | 'lost';
  readonly by: 'client' | 'server';
  readonly bytes: number;
}

export class DeviceSetLink {
  readonly #socket: Socket;
  readonly #ended: (end: DeviceSetEnd) => void;
  name = '';
  devices = 0;
  features = 0;
  pid = 0;
  begun = false;
  configured = false;
  bytes = 0;
  readonly opened: string[] = [];
  readonly completed = new Set<string>();
  readonly errors: CompletionError[] = [];
  readonly ended: Promise<DeviceSetEnd>;
  /** The client called Close, or is gone. */
  readonly gone: Promise<void>;
  /** Called with the bytes done so far. */
  onProgress: (bytes: number) => void = () => undefined;
  /** Called when the client has answered every device's Complete (or its last Flush) with success. */
  onCompleted: () => void = () => undefined;
  onCreate: () => void = () => undefined;
  onGone: () => void = () => undefined;
  #rest = '';

  constructor(socket: Socket) {
    this.#socket = socket;
    const { promise, resolve } = deferredEnd();
    this.ended = promise;
    this.#ended = resolve;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#receive(text));
    socket.on('error', () => socket.destroy());
    this.gone = new Promise((resolve) => {
      socket.on('close', () => {
        this.#ended({ status: 'lost', by: 'client', bytes: this.bytes });
        this.onGone();
        resolve();
      });
    });
  }

  begin(values: Readonly<Record<string, ControlValue>>): void {
    this.begun = true;
    this.#send(formatControlLine('begin', values));
  }

  abort(): void {
    this.#send('abort');
  }

  #send(line: string): void {
    if (!this.#socket.destroyed) this.#socket.write(`${line}\n`);
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#heard(line);
  }

  #heard(line: string): void {
    const { verb, values } = parseControlLine(line);
    switch (verb) {
      case 'create':
        this.name = values.set ?? '';
        this.devices = Number(values.devices);
        this.features = Number(values.features);
        this.pid = Number(values.pid);
        this.onCreate();
        return;
      case 'configured':
        this.configured = true;
        return;
      case 'open':
        this.opened.push(values.name ?? '');
        return;
      case 'progress':
        this.bytes = Number(values.bytes);
        this.onProgress(this.bytes);
        return;
      case 'completed':
        this.completed.add(values.device ?? '');
        if (this.completed.size === this.devices) this.onCompleted();
        return;
      case 'error':
        this.errors.push({
          device: Number(values.device),
          command: values.command ?? '',
          win32: Number(values.win32),
        });
        return;
      case 'ended':
        this.bytes = Number(values.bytes);
        this.#ended({
          status: values.status as DeviceSetEnd['status'],
          by: values.by as DeviceSetEnd['by'],
          bytes: this.bytes,
        });
        return;
    }
  }
}

function deferredEnd() {
  let resolve: (end: DeviceSetEnd) => void = () => undefined;
  const promise = new Promise<DeviceSetEnd>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
