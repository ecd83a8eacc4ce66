// One run of Jazzer.js (libFuzzer) over one target: its corpus, its limits, and what came of it.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { helpToLoad, type LoadHelp } from './older-glibc.ts';
import { corpusSeeds, seedsOf, testFolder } from './seeds.ts';
import { type TargetFacts, type TargetName, targets } from './target-list.ts';

/** Longest time of one input: the slowest good ones take some milliseconds. */
const inputSeconds = 5;
/** Of the whole process; Node.js, Babel and the fuzzer alone take 250 MiB. */
const memoryMiB = 768;
/** How long the fuzzer may take to start and to end. */
const graceSeconds = 60;

/** Where a run stands. */
export interface Figures {
  readonly runs: number;
  /** Edges of the program that were reached. */
  readonly edges: number;
  /** Inputs that reach something that no other does. */
  readonly inputs: number;
  readonly memoryMiB: number;
}

export interface Outcome {
  readonly target: TargetName;
  readonly seconds: number;
  /** When the inputs to begin with were read, and at the end; zeros for what was never said. */
  readonly before: Figures;
  readonly after: Figures;
  readonly finding: { readonly words: string; readonly file: string | undefined } | undefined;
}

const nothing: Figures = { runs: 0, edges: 0, inputs: 0, memoryMiB: 0 };

export class Session {
  readonly #folder: string;
  #help: LoadHelp | undefined;

  /** `folder` keeps what was found: inputs by target, and findings. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async run(target: TargetName, seconds: number): Promise<Outcome> {
    this.#help ??= helpToLoad(join(this.#folder, 'older-glibc'));
    const corpus = this.#seeded(target);
    const findings = join(this.#folder, 'findings');
    mkdirSync(findings, { recursive: true });
    const before = filesOf(findings);
    const { code, output } = await this.#fuzz(
      target,
      seconds,
      corpus,
      join(findings, `${target}-`),
    );
    const [first, last] = [figuresOf(output, 'INITED'), figuresOf(output, 'DONE')];
    const file = filesOf(findings).find(
      (name) => name.startsWith(`${target}-`) && !before.includes(name),
    );
    const words = wordsOf(output);
    // A run that ends without its figures has not run.
    const failed = code !== 0 || last === undefined || file !== undefined;
    return {
      target,
      seconds,
      before: first ?? nothing,
      after: last ?? {
        ...(first ?? nothing),
        runs: Number(/^Done (\d+) runs/m.exec(output)?.[1] ?? 0),
      },
      finding: failed ? { words, file: file && join(findings, file) } : undefined,
    };
  }

  /** The folder of inputs to begin with, where the fuzzer adds its own. */
  #seeded(target: TargetName): string {
    const corpus = join(this.#folder, 'corpus', target);
    mkdirSync(corpus, { recursive: true });
    const { maxBytes } = targets[target];
    for (const { name, bytes } of [...seedsOf(target), ...corpusSeeds(target, maxBytes)])
      if (bytes.length <= maxBytes)
        writeFileSync(join(corpus, name.replaceAll(/\W+/g, '-')), bytes);
    return corpus;
  }

  #fuzz(
    target: TargetName,
    seconds: number,
    corpus: string,
    findings: string,
  ): Promise<{ code: number | null; output: string }> {
    const { nodeOptions, env } = this.#help as LoadHelp;
    const program = createRequire(import.meta.url).resolve('@jazzer.js/core/dist/cli.js');
    const { maxBytes, sync, seconds: longest = inputSeconds }: TargetFacts = targets[target];
    const args = [
      ...[...nodeOptions, program, join(import.meta.dirname, 'targets', `${target}.js`), corpus],
      ...(sync ? ['--sync'] : []),
      ...['--includes', 'dist/src/', '--timeout', String(longest * 1000)],
      // They watch for calls of the system, which no target makes, and would hook zstd's loader.
      ...['--disableBugDetectors', '.*', '--', `-max_total_time=${seconds}`],
      ...[`-max_len=${maxBytes}`, `-rss_limit_mb=${memoryMiB}`],
      // It keeps inputs of ten seconds and more in the folder of the findings otherwise.
      `-report_slow_units=${longest}`,
      ...dictionaryOf(target),
      ...[`-artifact_prefix=${findings}`, '-use_value_profile=1'],
    ];
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: (seconds + graceSeconds) * 1000,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const pipe of [child.stdout, child.stderr])
      pipe.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
  }
}

/** libFuzzer's line of that name; its last words (-print_final_stats) may get lost when Node.js ends first. */
function figuresOf(output: string, event: string): Figures | undefined {
  const line = new RegExp(
    `^#(\\d+)\\s+${event}\\s+cov: (\\d+) .*corp: (\\d+)/.* rss: (\\d+)Mb`,
    'm',
  ).exec(output);
  if (!line) return undefined;
  const [runs = 0, edges = 0, inputs = 0, memoryMiB = 0] = line.slice(1).map(Number);
  return { runs, edges, inputs, memoryMiB };
}

/** Words of the format, which mutations put in. */
function dictionaryOf(target: TargetName): string[] {
  const file = join(testFolder, 'fuzz', 'dictionaries', `${target}.dict`);
  return existsSync(file) ? [`-dict=${file}`] : [];
}

function filesOf(folder: string): string[] {
  return readdirSync(folder).sort();
}

/** The error and where it came from; without one, the end of what the fuzzer said. */
function wordsOf(output: string): string {
  const at = output.search(/^==\d+==/m);
  const lines = output.slice(at < 0 ? -2000 : at).split('\n');
  return lines
    .slice(0, 30)
    .join('\n')
    .replaceAll(`${relative('/', process.cwd())}/`, '');
}
