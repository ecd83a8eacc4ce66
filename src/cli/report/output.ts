// Everything this program says goes through one Output: it keeps a line a line and harmless, makes room for it above the
// bar, and is silent after the last line. Not here: the words, and the secrets in them (reporter.ts).

import { printableJson, printableLines } from '../../base/printable.ts';

/** Something that occupies the bottom line of the terminal. */
interface Overlay {
  clear(): void;
  draw(): void;
}

/** Takes text and does not wait for a reader: without one, all but what is `always` wanted may be dropped. */
type Write = (text: string, options: { readonly always: boolean }) => void;

export class Output {
  readonly #write: Write;
  readonly #takeLost: () => number;
  #overlay: Overlay | undefined;
  #isLast = false;
  #ended = false;

  /** `takeLost` is how many lines were dropped since it was last asked. */
  constructor(write: Write, takeLost: () => number = () => 0) {
    this.#write = write;
    this.#takeLost = takeLost;
  }

  /** One line for a person; a text with line ends becomes several. */
  line(text: string): void {
    this.#put(printableLines(text), (lost) => `warning: ${lostWords(lost)}`);
  }

  /** One object per line, for a machine. */
  json(value: object): void {
    this.#put(printableJson(value), (lost) =>
      JSON.stringify({ event: 'warning', code: 'lines-lost', message: lostWords(lost) }),
    );
  }

  /** The last word: `speak` says it, nothing is said after it. */
  last(speak: () => void): void {
    this.show(undefined);
    this.#isLast = true;
    speak();
    this.#ended = true;
  }

  show(overlay: Overlay | undefined): void {
    this.#overlay?.clear();
    this.#overlay = overlay;
  }

  /** What an overlay draws with: terminal codes, as they are. */
  raw(text: string): void {
    if (!this.#ended) this.#write(text, { always: false });
  }

  /** Whole lines that go elsewhere, perhaps to the same terminal: there is room for them above the bar. */
  besides<T>(write: () => T): T {
    this.#overlay?.clear();
    const written = write();
    this.#overlay?.draw();
    return written;
  }

  #put(text: string, lostLine: (lost: number) => string): void {
    if (this.#ended) return;
    const lost = this.#takeLost();
    const before = lost > 0 ? `${lostLine(lost)}\n` : '';
    this.besides(() => this.#write(`${before}${text}\n`, { always: this.#isLast }));
  }
}

function lostWords(lost: number): string {
  const lines = lost === 1 ? 'line was' : 'lines were';
  return `${lost} ${lines} not printed: nobody read standard error`;
}

/** `text` in one line. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
