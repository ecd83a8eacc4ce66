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

/** Pours a file into a pipe: the shell's own `type` takes it for text. */
const pourerScript = join(appFolder, 'dist', 'test', 'windows', 'file-pourer.js');

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
  /** What is standard input, which the shell opens: a file, or a pipe out of one. */
  readonly stdin?: { readonly file: string } | { readonly piped: string };
}

/** The command with its redirections, for the shell of Windows. */
function shellCommand(
  command: readonly string[],
  output: string,
  stdin: WineProgramOptions['stdin'],
): string[] {
  const words = [...command, `>${windowsPath(output)}.out`, `2>${windowsPath(output)}.err`];
  if (!stdin) return words;
  if ('file' in stdin) return [...words, `<${windowsPath(stdin.file)}`];
  const pourer = [windowsPath(nodePath()), windowsPath(pourerScript), windowsPath(stdin.piped)];
  return [...pourer, '|', ...words];
}

export class WineProgram {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #output: string;
  readonly #startedAt = performance.now();

  constructor(args: readonly string[], options: WineProgramOptions) {
    const { folder, env, output, script, shell, stdin } = options;
    this.#output = output;
    const files = [openSync(`${output}.out`, 'w'), openSync(`${output}.err`, 'w')] as const;
    const command = [windowsPath(nodePath()), windowsPath(script ?? binPath), ...args];
    const inShell = shell || stdin !== undefined;
    const started = inShell ? ['cmd', '/c', ...shellCommand(command, output, stdin)] : command;
    const { PATH = '', HOME = '' } = process.env;
    this.#child = spawn(winePath(), started, {
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
    if (this.running) this.#child.kill(name);
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
