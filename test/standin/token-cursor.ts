// A place in a token list, with the questions every part of the parser asks.

import type { Select } from './expression.ts';
import { syntaxNear, syntaxNearKeyword } from './sql-error.ts';
import type { Token } from './tokenizer.ts';

const reserved = new Set(
  `ADD ALL ALTER AND AS ASC AUTHORIZATION BACKUP BEGIN BETWEEN BREAK BY CASE CHECK CLOSE COALESCE COLLATE COLUMN
  COMMIT CONSTRAINT CONVERT CREATE CROSS CURRENT CURRENT_TIMESTAMP CURRENT_USER DATABASE DBCC DECLARE DEFAULT DELETE
  DESC DISTINCT DROP ELSE END ESCAPE EXEC EXECUTE EXISTS EXIT FOR FROM FULL FUNCTION GOTO GRANT GROUP HAVING IF IN
  INNER INSERT INTO IS JOIN KEY KILL LEFT LIKE MERGE NOT NULL NULLIF OF OFF ON OR ORDER OUTER OVER PRINT PROCEDURE
  RAISERROR RESTORE RETURN RIGHT ROLLBACK SELECT SET SHUTDOWN TABLE THEN TO TOP TRAN TRANSACTION TRIGGER TRUNCATE
  UNION UNIQUE UPDATE USE USER VALUES VIEW WAITFOR WHEN WHERE WHILE WITH`.split(/\s+/),
);

export function isReserved(word: string): boolean {
  return reserved.has(word.toUpperCase());
}

export class TokenCursor {
  readonly #tokens: readonly Token[];
  readonly #parseQuery: (cursor: TokenCursor) => Select;
  #at = 0;

  /** `parseQuery` reads the SELECT inside an expression: expressions and queries hold each other. */
  constructor(tokens: readonly Token[], parseQuery: (cursor: TokenCursor) => Select) {
    this.#tokens = tokens;
    this.#parseQuery = parseQuery;
  }

  query(): Select {
    return this.#parseQuery(this);
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)] as Token;
  }

  take(): Token {
    const token = this.peek();
    this.#at += 1;
    return token;
  }

  get atEnd(): boolean {
    return this.peek().kind === 'end';
  }

  isWord(...words: string[]): boolean {
    return this.isWordAt(0, ...words);
  }

  isWordAt(ahead: number, ...words: string[]): boolean {
    const { kind, text } = this.peek(ahead);
    return kind === 'word' && words.includes(text.toUpperCase());
  }

  isSymbol(...symbols: string[]): boolean {
    const { kind, text } = this.peek();
    return kind === 'symbol' && symbols.includes(text);
  }

  /** Steps over the words when they stand here, in this order. */
  tryWords(...words: string[]): boolean {
    if (!words.every((word, index) => this.isWordAt(index, word))) return false;
    this.#at += words.length;
    return true;
  }

  trySymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false;
    this.#at += 1;
    return true;
  }

  expectWord(word: string): void {
    if (!this.tryWords(word)) this.fail();
  }

  expectSymbol(symbol: string): void {
    if (!this.trySymbol(symbol)) this.fail();
  }

  expectKind(kind: Token['kind']): Token {
    if (this.peek().kind !== kind) this.fail();
    return this.take();
  }

  /** An identifier, quoted or a word that is not reserved. */
  expectName(): string {
    if (!this.isName()) this.fail();
    return this.take().text;
  }

  isName(): boolean {
    const { kind, text } = this.peek();
    return kind === 'name' || (kind === 'word' && !isReserved(text));
  }

  fail(): never {
    const { kind, text } = this.peek();
    throw kind === 'word' && isReserved(text) ? syntaxNearKeyword(text) : syntaxNear(text);
  }

  commaList<T>(item: () => T): T[] {
    const items = [item()];
    while (this.trySymbol(',')) items.push(item());
    return items;
  }
}
