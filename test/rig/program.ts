import { type ChildProcess, spawn } from 'node:child_process';

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Do not read standard output: the pipe fills up, as under a slow reader. */
  readonly unreadStdout?: boolean;
  /** A pipe for the test to write to, or a descriptor, as standard input; nothing otherwise. */
  readonly stdin?: 'pipe' | number;
  /** Descriptor to use as standard output instead of a pipe. */
  readonly stdout?: number;
  /** The same for standard error, which is then not read. */
  readonly stderr?: number;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** The last line of stderr. */
  readonly lastLine: string;
  readonly elapsedMs: number;
}

/** A child process in the hands of a test. */
export class Program {
  readonly ended: Promise<Ended>;
  readonly child: ChildProcess;
  readonly #stdout: Buffer[] = [];
  #stderr = '';
  readonly #startedAt = performance.now();

  constructor([command = '', ...args]: readonly string[], options: ProgramOptions) {
    this.child = spawn(command, args, {
      cwd: options.cwd,
      // HOME and PATH only: SQLCMD* or proxies of the developer must not change what is tested.
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...options.env },
      stdio: [options.stdin ?? 'ignore', options.stdout ?? 'pipe', options.stderr ?? 'pipe'],
    });
    if (!options.unreadStdout)
      this.child.stdout?.on('data', (bytes: Buffer) => this.#stdout.push(bytes));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.ended = new Promise((resolve) => {
      const settle = options.unreadStdout ? 'exit' : 'close';
      this.child.once(settle, (code, signal) => resolve(this.#end(code, signal)));
    });
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get stderr(): string {
    return this.#stderr;
  }

  signal(name: NodeJS.Signals): void {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(name);
  }

  /** Waits until `condition` holds; fails with what the program said when it never does. */
  async until(what: string, condition: () => boolean, timeoutMs = 20_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!condition()) {
      if (performance.now() > deadline) throw new Error(`never came: ${what}\n${this.#stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #end(code: number | null, signal: NodeJS.Signals | null): Ended {
    const stderr = this.#stderr;
    return {
      code,
      signal,
      stdout: Buffer.concat(this.#stdout),
      stderr,
      lastLine: stderr.trimEnd().split('\n').at(-1) ?? '',
      elapsedMs: performance.now() - this.#startedAt,
    };
  }
}
