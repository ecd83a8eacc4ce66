// vdibackup as a Windows program under Wine, in the hands of a test. Its output goes to files: Node for Windows
// cannot start on a pipe of this system.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ended } from '../rig/program.ts';
import { appFolder, windowsPath } from './places.ts';
import { winePath } from './tools.ts';
import { binPath, nodePath } from './windows-app.ts';
import { wineEnvironment } from './wine.ts';
import { processesOf } from './wine-processes.ts';

const pourerScript = join(appFolder, 'dist', 'test', 'windows', 'stdin-pourer.js');

/** A program that hangs must not hang the tests. */
const longestRunMs = 120_000;

export interface WineProgramOptions {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Files that take the output: their path without `.out` and `.err`. */
  readonly output: string;
  /** Another script than vdibackup. */
  readonly script?: string;
  /** The shell of Windows opens the output: Wine cannot tell the size of a file that came from outside. */
  readonly shell?: true;
  /** Standard input: a file that the shell opens, or a pipe with the first `share` (0 to 1) of one. */
  readonly stdin?: { readonly file: string } | { readonly piped: string; readonly share: number };
}

/** Node's arguments become the words that Wine starts. */
function words(
  args: readonly string[],
  { output, shell, stdin }: Pick<WineProgramOptions, 'output' | 'shell' | 'stdin'>,
): string[] {
  const node = windowsPath(nodePath());
  if (stdin && 'piped' in stdin)
    return [node, windowsPath(pourerScript), windowsPath(stdin.piped), `${stdin.share}`, ...args];
  if (!shell && !stdin) return [node, ...args];
  const redirections = [`>${windowsPath(output)}.out`, `2>${windowsPath(output)}.err`];
  if (stdin) redirections.push(`<${windowsPath(stdin.file)}`);
  return ['cmd', '/c', node, ...args, ...redirections];
}

export class WineProgram {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #output: string;
  /** Its own processes, where another program stands between. */
  readonly #self: () => readonly number[];
  readonly #startedAt = performance.now();

  constructor(args: readonly string[], options: WineProgramOptions) {
    const { folder, env, output, script = binPath } = options;
    this.#output = output;
    this.#self = () => processesOf(folder, windowsPath(script));
    const files = [openSync(`${output}.out`, 'w'), openSync(`${output}.err`, 'w')] as const;
    const { PATH = '', HOME = '' } = process.env;
    this.#child = spawn(winePath(), words([windowsPath(script), ...args], options), {
      cwd: folder,
      env: { PATH, HOME, ...wineEnvironment, ...env },
      stdio: ['ignore', ...files],
    });
    for (const file of files) closeSync(file);
    const limit = setTimeout(() => this.signal('SIGKILL'), longestRunMs);
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        clearTimeout(limit);
        resolve(this.#end(code, signal));
      });
    });
  }

  get stderr(): string {
    return readFileSync(`${this.#output}.err`, 'utf8');
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    if (!this.running) return;
    const [self] = this.#self();
    if (self === undefined || self === this.#child.pid) this.#child.kill(name);
    else process.kill(self, name);
  }

  async until(what: string, condition: () => boolean, timeoutMs = 60_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!condition()) {
      if (performance.now() > deadline || !this.running) {
        throw new Error(`never came: ${what}\n${this.stderr}`);
      }
      await sleep(5);
    }
  }

  #end(code: number | null, signal: NodeJS.Signals | null): Ended {
    const { stderr } = this;
    return {
      code,
      signal,
      stdout: readFileSync(`${this.#output}.out`),
      stderr,
      lastLine: stderr.trimEnd().split('\n').at(-1) ?? '',
      elapsedMs: performance.now() - this.#startedAt,
    };
  }
}
