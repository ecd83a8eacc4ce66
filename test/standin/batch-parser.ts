// A batch as statements. Whatever is not understood is a syntax error, worded as SQL Server words it.
import { parseDeviceStatement } from './device-statement-parser.ts';
import type { Expression } from './expression.ts';
import { parseExpression } from './expression-parser.ts';
import { parseSelect } from './select-parser.ts';
import { textOf } from './sql-value.ts';
import type { Statement } from './statement.ts';
import { isReserved, TokenCursor } from './token-cursor.ts';
import { tokenize } from './tokenizer.ts';
import { parseType } from './type-parser.ts';

export function parseBatch(source: string): Statement[] {
  const cursor = new TokenCursor(tokenize(source), parseSelect);
  const statements: Statement[] = [];
  for (;;) {
    while (cursor.trySymbol(';'));
    if (cursor.atEnd) return statements;
    statements.push(parseStatement(cursor, statements.length === 0));
  }
}

type Rule = (cursor: TokenCursor) => Statement;

const rules: Record<string, Rule> = {
  SELECT: (cursor) => ({ kind: 'select', select: parseSelect(cursor) }),
  SET: parseSet,
  DECLARE: parseDeclare,
  USE: (cursor) => ({ kind: 'use', database: skipAndName(cursor) }),
  PRINT: (cursor) => {
    cursor.take();
    return { kind: 'print', value: parseExpression(cursor) };
  },
  WAITFOR: (cursor) => {
    cursor.take();
    cursor.expectWord('DELAY');
    return { kind: 'waitfor', delay: parseExpression(cursor) };
  },
  BEGIN: (cursor) => parseTransaction(cursor, 'begin'),
  COMMIT: (cursor) => parseTransaction(cursor, 'commit'),
  ROLLBACK: (cursor) => parseTransaction(cursor, 'rollback'),
  DROP: parseDrop,
  ALTER: parseAlter,
  DBCC: parseDbcc,
  IF: parseIf,
  EXEC: parseExecute,
  EXECUTE: parseExecute,
  REVERT: (cursor) => {
    cursor.take();
    return { kind: 'revert' };
  },
  BACKUP: parseDeviceStatement,
  RESTORE: parseDeviceStatement,
};

function parseStatement(cursor: TokenCursor, isFirst: boolean): Statement {
  const { kind, text } = cursor.peek();
  const rule = kind === 'word' ? rules[text.toUpperCase()] : undefined;
  if (rule) return rule(cursor);
  if (isFirst && cursor.isName()) return parseProcedureCall(cursor);
  return cursor.fail();
}

function parseSet(cursor: TokenCursor): Statement {
  cursor.take();
  if (cursor.peek().kind === 'variable') {
    const variable = cursor.take().text;
    cursor.expectSymbol('=');
    return { kind: 'assign', variable, value: parseExpression(cursor) };
  }
  if (cursor.atEnd || cursor.isSymbol(';')) cursor.fail();
  while (!cursor.atEnd && !cursor.isSymbol(';') && !startsStatement(cursor)) cursor.take();
  return { kind: 'set-option' };
}

function startsStatement(cursor: TokenCursor): boolean {
  const { kind, text } = cursor.peek();
  return kind === 'word' && rules[text.toUpperCase()] !== undefined;
}

function parseDeclare(cursor: TokenCursor): Statement {
  cursor.take();
  const variables = cursor.commaList(() => {
    const name = cursor.expectKind('variable').text;
    cursor.tryWords('AS');
    const type = parseType(cursor);
    const value = cursor.trySymbol('=') ? parseExpression(cursor) : undefined;
    return { name, type, value };
  });
  return { kind: 'declare', variables };
}

function parseTransaction(cursor: TokenCursor, action: 'begin' | 'commit' | 'rollback'): Statement {
  cursor.take();
  const named =
    cursor.tryWords('TRAN') || cursor.tryWords('TRANSACTION') || cursor.tryWords('WORK');
  if (!named && action === 'begin') cursor.fail();
  if (named && cursor.isName() && !startsStatement(cursor)) cursor.take();
  return { kind: 'transaction', action };
}

function parseDrop(cursor: TokenCursor): Statement {
  cursor.take();
  cursor.expectWord('DATABASE');
  const lenient = cursor.tryWords('IF', 'EXISTS');
  return { kind: 'drop-database', names: cursor.commaList(() => cursor.expectName()), lenient };
}

function parseAlter(cursor: TokenCursor): Statement {
  cursor.take();
  if (cursor.tryWords('AUTHORIZATION')) return parseAuthorization(cursor);
  cursor.expectWord('DATABASE');
  const name = cursor.expectName();
  cursor.expectWord('SET');
  const words: string[] = [];
  while (!cursor.atEnd && !cursor.isSymbol(';')) {
    if (startsStatement(cursor) && !cursor.isWord('ROLLBACK')) break;
    words.push(cursor.take().text.toUpperCase());
  }
  if (words.length === 0) cursor.fail();
  return { kind: 'alter-database', name, words };
}

function parseAuthorization(cursor: TokenCursor): Statement {
  cursor.expectWord('ON');
  cursor.expectWord('DATABASE');
  cursor.expectSymbol(':');
  cursor.expectSymbol(':');
  const database = cursor.expectName();
  cursor.expectWord('TO');
  return { kind: 'alter-authorization', database, owner: cursor.expectName() };
}

function parseDbcc(cursor: TokenCursor): Statement {
  cursor.take();
  const command = cursor.tryWords('CHECKCATALOG') ? 'CHECKCATALOG' : 'CHECKDB';
  if (command === 'CHECKDB') cursor.expectWord('CHECKDB');
  let database: Expression | undefined;
  if (cursor.trySymbol('(')) {
    database = parseDatabaseName(cursor);
    while (!cursor.trySymbol(')')) {
      if (cursor.take().kind === 'end') cursor.fail();
    }
  }
  const options = cursor.tryWords('WITH') ? cursor.commaList(() => parseCheckOption(cursor)) : [];
  return { kind: 'check', command, database, options: new Map(options) };
}

function parseCheckOption(cursor: TokenCursor): [string, number | undefined] {
  const name = cursor.expectName().toUpperCase();
  return [name, cursor.trySymbol('=') ? Number(cursor.expectKind('number').text) : undefined];
}

function parseDatabaseName(cursor: TokenCursor): Expression {
  const { kind, text } = cursor.peek();
  if (kind === 'name' || (kind === 'word' && !isReserved(text))) {
    cursor.take();
    return { kind: 'literal', typed: textOf(text) };
  }
  return parseExpression(cursor);
}

function parseIf(cursor: TokenCursor): Statement {
  cursor.take();
  const condition = parseExpression(cursor);
  const whenTrue = parseBody(cursor);
  const otherwise = cursor.tryWords('ELSE') ? parseBody(cursor) : [];
  return { kind: 'if', condition, whenTrue, otherwise };
}

function parseBody(cursor: TokenCursor): Statement[] {
  if (!cursor.isWord('BEGIN') || cursor.isWordAt(1, 'TRAN', 'TRANSACTION')) {
    const only = parseStatement(cursor, false);
    if (cursor.isSymbol(';') && !cursor.isWordAt(1, 'ELSE')) cursor.take();
    return [only];
  }
  cursor.take();
  const statements: Statement[] = [];
  while (!cursor.tryWords('END')) {
    while (cursor.trySymbol(';'));
    if (cursor.tryWords('END')) break;
    statements.push(parseStatement(cursor, false));
  }
  return statements;
}

function parseExecute(cursor: TokenCursor): Statement {
  cursor.take();
  if (cursor.tryWords('AS')) return parseExecuteAs(cursor);
  if (cursor.isSymbol('(')) {
    const args = [parseExpression(cursor)];
    return { kind: 'execute', procedure: 'sp_executesql', args };
  }
  return parseProcedureCall(cursor);
}

function parseExecuteAs(cursor: TokenCursor): Statement {
  cursor.expectWord('USER');
  cursor.expectSymbol('=');
  const user = cursor.expectKind('string').text;
  const noRevert = cursor.tryWords('WITH', 'NO', 'REVERT');
  return { kind: 'execute-as', user, noRevert };
}

function parseProcedureCall(cursor: TokenCursor): Statement {
  const parts = [cursor.expectName()];
  while (cursor.trySymbol('.')) parts.push(cursor.isSymbol('.') ? '' : cursor.expectName());
  const takesArgument = ['string', 'number', 'variable'].includes(cursor.peek().kind);
  const args = takesArgument ? cursor.commaList(() => parseArgument(cursor)) : [];
  return { kind: 'execute', procedure: parts.join('.'), args };
}

function parseArgument(cursor: TokenCursor): Expression {
  if (cursor.peek().kind === 'variable' && cursor.peek(1).text === '=') {
    cursor.take();
    cursor.take();
  }
  const value = parseExpression(cursor);
  cursor.tryWords('OUTPUT');
  return value;
}

function skipAndName(cursor: TokenCursor): string {
  cursor.take();
  return cursor.expectName();
}
