// T-SQL text as tokens. Comments and white space vanish; quoting is resolved.
import { SyntaxProblem, syntaxNear } from './sql-error.ts';

export type TokenKind =
  | 'word'
  | 'name'
  | 'string'
  | 'number'
  | 'binary'
  | 'variable'
  | 'symbol'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** What it means: quotes and brackets taken off, doubled ones undone. */
  readonly text: string;
  readonly line: number;
}

const doubles = ['<>', '<=', '>=', '!=', '!<', '!>', '+=', '-='];

export function tokenize(source: string): Token[] {
  const scanner = new Scanner(source);
  const tokens: Token[] = [];
  for (;;) {
    const token = scanner.next();
    tokens.push(token);
    if (token.kind === 'end') return tokens;
  }
}

class Scanner {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  next(): Token {
    this.#skipBlanks();
    const rest = this.#source.slice(this.#at, this.#at + 2);
    if (rest === '') return this.#token('end', '', 0);
    if (rest[0] === "'") return this.#quoted('string', "'", 1);
    if (/^[nN]'/.test(rest)) return this.#quoted('string', "'", 2);
    if (rest[0] === '[') return this.#quoted('name', ']', 1);
    if (rest[0] === '"') return this.#quoted('name', '"', 1);
    return this.#match() ?? this.#symbol(rest);
  }

  #match(): Token | undefined {
    const patterns: [TokenKind, RegExp][] = [
      ['variable', /@@?[\p{L}\p{N}_@#$]+/uy],
      ['binary', /0x[0-9a-fA-F]*/y],
      ['number', /\d+(\.\d*)?([eE][+-]?\d+)?|\.\d+/y],
      ['word', /[\p{L}_#][\p{L}\p{N}_@#$]*/uy],
    ];
    for (const [kind, pattern] of patterns) {
      pattern.lastIndex = this.#at;
      const text = pattern.exec(this.#source)?.[0];
      if (text) return this.#token(kind, text, text.length);
    }
    return undefined;
  }

  #symbol(rest: string): Token {
    if (doubles.includes(rest)) return this.#token('symbol', rest, 2);
    const symbol = rest[0] ?? '';
    if (!'()=<>,;.+-*/%&|^~:{}'.includes(symbol)) throw syntaxNear(symbol);
    return this.#token('symbol', symbol, 1);
  }

  #quoted(kind: TokenKind, close: string, opening: number): Token {
    let text = '';
    for (let at = this.#at + opening; ; at += 1) {
      if (at >= this.#source.length) throw unclosed(text);
      if (this.#source[at] !== close) {
        text += this.#source[at];
      } else if (this.#source[at + 1] === close) {
        text += close;
        at += 1;
      } else {
        return this.#token(kind, text, at + 1 - this.#at);
      }
    }
  }

  #skipBlanks(): void {
    const blank = /\s+|--[^\n]*/y;
    for (;;) {
      blank.lastIndex = this.#at;
      const text = blank.exec(this.#source)?.[0];
      if (text) this.#at += text.length;
      else if (this.#source.startsWith('/*', this.#at)) this.#skipComment();
      else return;
    }
  }

  #skipComment(): void {
    const mark = /\/\*|\*\//g;
    mark.lastIndex = this.#at;
    let depth = 0;
    do {
      const found = mark.exec(this.#source);
      if (!found) throw new SyntaxProblem(113, 15, "Missing end comment mark '*/'.");
      depth += found[0] === '/*' ? 1 : -1;
    } while (depth > 0);
    this.#at = mark.lastIndex;
  }

  #token(kind: TokenKind, text: string, length: number): Token {
    const line = this.#source.slice(0, this.#at).split('\n').length;
    this.#at += length;
    return { kind, text, line };
  }
}

function unclosed(text: string): SyntaxProblem {
  return new SyntaxProblem(
    105,
    15,
    `Unclosed quotation mark after the character string '${text}'.`,
  );
}
