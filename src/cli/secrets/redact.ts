// The one place that knows the secrets of this run, and what everything shown or kept is passed through.
//
// Policy: a secret of 4 characters or more is replaced wherever it occurs, also inside a word. A shorter
// one is replaced only where it stands alone (no letter, digit or _ on either side), because replacing
// every "a" would make each line unreadable and so, by its holes, give the secret away.
//
// A secret may be a word of ours: "summary", "copy", "OK", "2026". A mask in its place would break whoever reads the
// interface, and tell everybody who knows the interface what the secret is; the word itself tells nothing, because it
// would stand there anyhow. So these are never masked: names of JSON fields, fields whose words are a closed list
// (`ours`), T-SQL's own words in a plan, and the fixed words of lines for people (foreign parts are scrubbed before the
// line is made). Values of a fixed shape that nobody types (GUID, time, digest, number) are masked only as a whole.
// Sentences are scrubbed as they are: they mix our words with foreign ones.

const mask = '***';
const shortest = 4;
const wordCharacter = '[\\p{L}\\p{N}_]';

/** Made by machines: a secret inside of one is there by chance, and the rest is still of use. */
const shaped =
  /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\d(?:[T ][\d:.]+Z?)?|[0-9a-f]{32,}|\d+(?:\.\d+)*)$/i;

const word = /^[a-z][a-z0-9-]*$/;
const type = /^(?:copy|full|diff|log|restore|differential|unknown|[DILFGPQ])$/;
/** Fields of events and reports whose words are this program's or SQL Server's, and what these words look like. */
const ours: Readonly<Record<string, RegExp>> = {
  event: word,
  code: word,
  job: word,
  verb: word,
  check: word,
  level: word,
  verdict: word,
  outcome: word,
  form: word,
  type,
  state: /^(?:finished|sealed|unfinished|[A-Z_]+)$/,
  server: /^valid$/,
  compression: /^(?:zstd(?::-?\d+)?|server|none)$/,
  toolVersion: /^\d[\w.-]*$/,
  Type: type,
  BackupTypeDescription: /^(?:[A-Z][a-z]+ ?)+$/i,
  RecoveryModel: /^(?:FULL|SIMPLE|BULK-LOGGED)$/,
};

/** What is quoted in T-SQL, and its comments: only there can be a value. */
const quotedSql =
  /'(?:[^']|'')*'?|"(?:[^"]|"")*"?|\[(?:[^\]]|\]\])*\]?|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;

const quotes = ["'", '"', '['];
/** SQL Server takes no password without quotes; whoever forgot them has typed it all the same. */
const barePassword =
  /(PASSWORD(?:\s|\/\*[\s\S]*?\*\/)*=(?:\s|\/\*[\s\S]*?\*\/)*)(?!N?['"*])[^\s,'"]+/gi;

export class Redactor {
  readonly #secrets = new Set<string>();
  readonly #long = new Set<string>();
  readonly #short = new Set<string>();
  #longPattern: RegExp | undefined;
  #shortPattern: RegExp | undefined;

  /** From now on `secret` is not said any more, in any of the spellings that drivers and logs use. */
  add(secret: string | undefined): void {
    if (!secret) return;
    this.#secrets.add(secret.toLowerCase());
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

  /** T-SQL that stays what it is, but for the values in it. */
  scrubSql(statement: string): string {
    return statement.replaceAll(barePassword, `$1${mask}`).replaceAll(quotedSql, (quoted) => {
      const open = quoted.charAt(0);
      const close = open === '[' ? ']' : open;
      if (!quotes.includes(open) || !quoted.endsWith(close)) return this.scrub(quoted);
      return `${open}${this.scrub(quoted.slice(1, -1))}${close}`;
    });
  }

  /** `value` with every string in it scrubbed, so that its JSON stays JSON. Property names are ours. */
  scrubValue<T>(value: T): T {
    return this.#scrubbed(value, '') as T;
  }

  #scrubbed(value: unknown, field: string): unknown {
    if (typeof value === 'string') return this.#scrubField(value, field);
    if (Array.isArray(value)) return value.map((item) => this.#scrubbed(item, field));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, this.#scrubbed(item, name)]),
    );
  }

  #scrubField(value: string, field: string): string {
    const words = Object.hasOwn(ours, field) ? ours[field] : undefined;
    if (words?.test(value)) return value;
    if (shaped.test(value)) return this.#secrets.has(value.toLowerCase()) ? mask : value;
    return field === 'statement' ? this.scrubSql(value) : this.scrub(value);
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
