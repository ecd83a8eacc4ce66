// Everything this program says goes through one Output: it scrubs secrets, keeps a line a line, makes
// room for it above the bar, and is silent after the last line. Not here: the words.

import type { Redactor } from '../secrets/redact.js';

/** Something that occupies the bottom line of the terminal. */
export interface Overlay {
  clear(): void;
  draw(): void;
}

export class Output {
  readonly #write: (text: string) => void;
  readonly #redactor: Redactor;
  #overlay: Overlay | undefined;
  #ended = false;

  constructor(write: (text: string) => void, redactor: Redactor) {
    this.#write = write;
    this.#redactor = redactor;
  }

  /** One line for a person; a text with line ends becomes several. */
  line(text: string): void {
    this.#put(harmless(this.#redactor.scrub(text)));
  }

  /** One object per line, for a machine. */
  json(value: object): void {
    this.#put(JSON.stringify(this.#redactor.scrubValue(value)));
  }

  /** The last word: `speak` says it, nothing is said after it. */
  last(speak: () => void): void {
    this.show(undefined);
    speak();
    this.#ended = true;
  }

  show(overlay: Overlay | undefined): void {
    this.#overlay?.clear();
    this.#overlay = overlay;
  }

  /** What an overlay draws with: terminal codes, as they are. */
  raw(text: string): void {
    if (!this.#ended) this.#write(text);
  }

  /** Whole lines that go elsewhere, perhaps to the same terminal: there is room for them above the bar. */
  besides<T>(write: () => T): T {
    this.#overlay?.clear();
    const written = write();
    this.#overlay?.draw();
    return written;
  }

  #put(text: string): void {
    if (!this.#ended) this.besides(() => this.#write(`${text}\n`));
  }
}

/** `text` without what could move the cursor or recolour the terminal: server words are not ours. */
function harmless(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n').replaceAll(/[^\P{Cc}\n\t]/gu, '?');
}

/** `text` in one line. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
