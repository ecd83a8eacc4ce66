// Progress for a person at a terminal: one line at the bottom, redrawn in place.

import { SingleBar } from 'cli-progress';
import type { Progress } from '../../base/events.ts';
import type { Output } from './output.ts';
import type { ProgressDisplay } from './plain-progress.ts';
import { ProgressGauge } from './progress-gauge.ts';

/** Redraws per second. */
const fps = 5;
const clearLine = '\r\u001b[K';
/** cli-progress would go back to where the bar began, above the lines said since. */
const cursorMemory = ['\u001b7', '\u001b8'];
const maxBarWidth = 40;
/** Columns kept free: the last one would wrap, and a terminal echoes ^C behind the bar. */
const afterBar = 3;

export class ProgressBar implements ProgressDisplay {
  readonly #output: Output;
  readonly #columns: () => number;
  readonly #gauge = new ProgressGauge();
  readonly #bar: SingleBar;
  #words = '';
  #started = false;

  constructor(output: Output, columns: () => number) {
    this.#output = output;
    this.#columns = columns;
    this.#bar = new SingleBar({
      stream: terminalStream(output, columns),
      format: (_, { progress }) => barLine(progress, this.#words, columns()),
      fps,
      linewrap: true,
      forceRedraw: true,
      clearOnComplete: true,
      synchronousUpdate: false,
    });
  }

  update(progress: Progress): void {
    this.#words = this.#gauge.say(progress);
    if (!this.#started) this.#start();
    this.#bar.update(progress.percent ?? 0);
  }

  stop(): void {
    if (!this.#started) return;
    this.#started = false;
    this.#bar.stop();
    this.#output.show(undefined);
  }

  #start(): void {
    this.#started = true;
    this.#bar.start(100, 0);
    this.#output.show({
      clear: () => this.#output.raw(clearLine),
      draw: () => this.#output.raw(barLine(this.#bar.getProgress(), this.#words, this.#columns())),
    });
  }
}

/** The bar and its words in one line of a terminal of `columns`. */
export function barLine(fraction: number, words: string, columns: number): string {
  const room = columns - afterBar;
  const width = Math.min(maxBarWidth, room - words.length - 3);
  if (width < 5) return words.slice(0, room);
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return `[${'='.repeat(full)}${' '.repeat(width - full)}] ${words}`;
}

/** As much of a terminal stream as cli-progress uses; its writes pass through the one Output. */
function terminalStream(output: Output, columns: () => number): NodeJS.WritableStream {
  const stream = {
    isTTY: true,
    get columns() {
      return columns();
    },
    write(text: string) {
      if (!cursorMemory.includes(text)) output.raw(text);
      return true;
    },
  };
  return stream as unknown as NodeJS.WritableStream;
}
