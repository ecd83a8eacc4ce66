// The one place that knows the secrets of this run, and what everything said is passed through.
//
// Policy: a secret of 4 characters or more is replaced wherever it occurs, also inside a word. A shorter
// one is replaced only where it stands alone (no letter, digit or _ on either side), because replacing
// every "a" would make each line unreadable and so, by its holes, give the secret away.

const mask = '***';
const shortest = 4;
const wordCharacter = '[\\p{L}\\p{N}_]';

export class Redactor {
  readonly #long = new Set<string>();
  readonly #short = new Set<string>();
  #longPattern: RegExp | undefined;
  #shortPattern: RegExp | undefined;

  /** From now on `secret` is not said any more, in any of the spellings that drivers and logs use. */
  add(secret: string | undefined): void {
    if (!secret) return;
    for (const spelling of spellings(secret)) {
      (spelling.length < shortest ? this.#short : this.#long).add(spelling);
    }
    this.#longPattern = anyOf([...this.#long]);
    this.#shortPattern = anyOf([...this.#short], `(?<!${wordCharacter})`, `(?!${wordCharacter})`);
  }

  scrub(text: string): string {
    let scrubbed = text;
    if (this.#longPattern) {
      // A mask can complete another secret; each turn is shorter than the last, so this ends.
      for (let before = ''; before !== scrubbed; ) {
        before = scrubbed;
        scrubbed = scrubbed.replace(this.#longPattern, mask);
      }
    }
    return this.#shortPattern ? scrubbed.replace(this.#shortPattern, mask) : scrubbed;
  }

  /** `value` with every string in it scrubbed, so that its JSON stays JSON. Property names are ours. */
  scrubValue(value: unknown): unknown {
    if (typeof value === 'string') return this.scrub(value);
    if (Array.isArray(value)) return value.map((item) => this.scrubValue(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, this.scrubValue(item)]),
    );
  }
}

/** How a secret appears inside JSON, a URL, a T-SQL or connection-string literal, or a stack. */
function spellings(secret: string): Set<string> {
  const json = JSON.stringify(secret).slice(1, -1);
  return new Set(
    [
      secret,
      json,
      JSON.stringify(json).slice(1, -1),
      ...percentEncoded(secret),
      secret.replaceAll("'", "''"),
      secret.replaceAll('"', '""'),
      secret.replaceAll('}', '}}'),
      secret.replaceAll(/\s+/g, ' ').trim(),
    ].filter((spelling) => spelling !== ''),
  );
}

function percentEncoded(secret: string): string[] {
  const text = secret.replaceAll(/\p{Surrogate}/gu, '\ufffd'); // half a pair cannot be encoded
  const whole = encodeURIComponent(text);
  const lower = (form: string) => form.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  const strict = whole.replaceAll(/[!'()*]/g, percent);
  const both = [whole, strict];
  const forms = [...both, ...both.map((form) => form.replaceAll('%20', '+')), encodeURI(text)];
  return [...forms, ...forms.map(lower)];
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function anyOf(texts: readonly string[], before = '', after = ''): RegExp | undefined {
  if (texts.length === 0) return undefined;
  const longestFirst = texts.toSorted((a, b) => b.length - a.length).map(escapeRegExp);
  return new RegExp(`${before}(?:${longestFirst.join('|')})${after}`, 'gu');
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
