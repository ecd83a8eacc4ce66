// T-SQL expressions, by precedence: OR, AND, NOT, comparison, + - & | ^, * / %, sign, atom.
import type { BinaryOperator, Expression } from './expression.ts';
import { binaryType, floatType, intOf, intType, nullOf, numericType, textOf } from './sql-value.ts';
import type { TokenCursor } from './token-cursor.ts';
import { parseType } from './type-parser.ts';

const comparisons: Record<string, BinaryOperator> = {
  '=': '=',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '>': '>',
  '<=': '<=',
  '>=': '>=',
  '!<': '>=',
  '!>': '<=',
};

export function parseExpression(cursor: TokenCursor): Expression {
  let left = parseAnd(cursor);
  while (cursor.tryWords('OR')) {
    left = { kind: 'binary', operator: 'or', left, right: parseAnd(cursor) };
  }
  return left;
}

function parseAnd(cursor: TokenCursor): Expression {
  let left = parseNot(cursor);
  while (cursor.tryWords('AND')) {
    left = { kind: 'binary', operator: 'and', left, right: parseNot(cursor) };
  }
  return left;
}

function parseNot(cursor: TokenCursor): Expression {
  if (cursor.tryWords('NOT')) return { kind: 'not', operand: parseNot(cursor) };
  return parseComparison(cursor);
}

function parseComparison(cursor: TokenCursor): Expression {
  const left = parseSum(cursor);
  const operator = cursor.peek().kind === 'symbol' ? comparisons[cursor.peek().text] : undefined;
  if (operator) {
    cursor.take();
    return { kind: 'binary', operator, left, right: parseSum(cursor) };
  }
  if (cursor.tryWords('IS')) {
    const negated = cursor.tryWords('NOT');
    cursor.expectWord('NULL');
    return negate(negated, { kind: 'is-null', operand: left });
  }
  const negated = cursor.isWord('NOT') && cursor.isWordAt(1, 'IN', 'LIKE', 'BETWEEN');
  if (negated) cursor.take();
  return negate(negated, parsePredicate(cursor, left));
}

function parsePredicate(cursor: TokenCursor, operand: Expression): Expression {
  if (cursor.tryWords('LIKE')) return { kind: 'like', operand, pattern: parseSum(cursor) };
  if (cursor.tryWords('BETWEEN')) {
    const low = parseSum(cursor);
    cursor.expectWord('AND');
    return { kind: 'between', operand, low, high: parseSum(cursor) };
  }
  if (!cursor.tryWords('IN')) return operand;
  cursor.expectSymbol('(');
  const predicate: Expression = cursor.isWord('SELECT')
    ? { kind: 'in-query', operand, select: cursor.query() }
    : { kind: 'in', operand, list: cursor.commaList(() => parseExpression(cursor)) };
  cursor.expectSymbol(')');
  return predicate;
}

function negate(negated: boolean, operand: Expression): Expression {
  return negated ? { kind: 'not', operand } : operand;
}

function parseSum(cursor: TokenCursor): Expression {
  let left = parseProduct(cursor);
  while (cursor.isSymbol('+', '-', '&', '|', '^')) {
    const operator = cursor.take().text as BinaryOperator;
    left = { kind: 'binary', operator, left, right: parseProduct(cursor) };
  }
  return left;
}

function parseProduct(cursor: TokenCursor): Expression {
  let left = parseSigned(cursor);
  while (cursor.isSymbol('*', '/', '%')) {
    const operator = cursor.take().text as BinaryOperator;
    left = { kind: 'binary', operator, left, right: parseSigned(cursor) };
  }
  return left;
}

function parseSigned(cursor: TokenCursor): Expression {
  if (cursor.trySymbol('+')) return parseSigned(cursor);
  if (cursor.trySymbol('-')) return { kind: 'negate', operand: parseSigned(cursor) };
  if (cursor.trySymbol('~')) return { kind: 'invert', operand: parseSigned(cursor) };
  const atom = parseAtom(cursor);
  if (cursor.tryWords('COLLATE')) cursor.expectName();
  return atom;
}

function parseAtom(cursor: TokenCursor): Expression {
  const { kind, text } = cursor.peek();
  switch (kind) {
    case 'string':
      cursor.take();
      return { kind: 'literal', typed: textOf(text) };
    case 'number':
      cursor.take();
      return { kind: 'literal', typed: numberLiteral(text) };
    case 'binary':
      cursor.take();
      return {
        kind: 'literal',
        typed: { type: binaryType, value: Buffer.from(text.slice(2), 'hex') },
      };
    case 'variable':
      cursor.take();
      return { kind: 'variable', name: text };
    case 'symbol':
      return parseParenthesised(cursor);
    case 'word':
      return parseKeyword(cursor) ?? parseName(cursor);
    case 'name':
      return parseName(cursor);
    case 'end':
      return cursor.fail();
  }
}

function numberLiteral(text: string) {
  if (/[.eE]/.test(text)) return { type: floatType, value: Number(text) };
  if (Number(text) <= 0x7fff_ffff) return intOf(Number(text));
  return { type: numericType(text.length, 0), value: BigInt(text) };
}

function parseParenthesised(cursor: TokenCursor): Expression {
  cursor.expectSymbol('(');
  const inner: Expression = cursor.isWord('SELECT')
    ? { kind: 'subquery', select: cursor.query() }
    : parseExpression(cursor);
  cursor.expectSymbol(')');
  return inner;
}

function parseKeyword(cursor: TokenCursor): Expression | undefined {
  if (cursor.tryWords('NULL')) return { kind: 'literal', typed: nullOf(intType) };
  if (cursor.tryWords('CASE')) return parseCase(cursor);
  if (cursor.tryWords('EXISTS')) {
    cursor.expectSymbol('(');
    const select = cursor.query();
    cursor.expectSymbol(')');
    return { kind: 'exists', select };
  }
  if (cursor.isWord('CAST', 'TRY_CAST')) return parseCast(cursor);
  if (cursor.isWord('CONVERT', 'TRY_CONVERT')) return parseConvert(cursor);
  if (cursor.isWord('CURRENT_TIMESTAMP')) {
    cursor.take();
    return { kind: 'call', name: 'GETDATE', args: [], star: false };
  }
  return undefined;
}

function parseCast(cursor: TokenCursor): Expression {
  const lenient = cursor.take().text.toUpperCase().startsWith('TRY');
  cursor.expectSymbol('(');
  const operand = parseExpression(cursor);
  cursor.expectWord('AS');
  const type = parseType(cursor);
  cursor.expectSymbol(')');
  return { kind: 'cast', operand, type, style: undefined, lenient };
}

function parseConvert(cursor: TokenCursor): Expression {
  const lenient = cursor.take().text.toUpperCase().startsWith('TRY');
  cursor.expectSymbol('(');
  const type = parseType(cursor);
  cursor.expectSymbol(',');
  const operand = parseExpression(cursor);
  const style = cursor.trySymbol(',') ? parseExpression(cursor) : undefined;
  cursor.expectSymbol(')');
  return { kind: 'cast', operand, type, style, lenient };
}

function parseCase(cursor: TokenCursor): Expression {
  const operand = cursor.isWord('WHEN') ? undefined : parseExpression(cursor);
  const branches: { when: Expression; result: Expression }[] = [];
  while (cursor.tryWords('WHEN')) {
    const when = parseExpression(cursor);
    cursor.expectWord('THEN');
    branches.push({ when, result: parseExpression(cursor) });
  }
  if (branches.length === 0) cursor.fail();
  const otherwise = cursor.tryWords('ELSE') ? parseExpression(cursor) : undefined;
  cursor.expectWord('END');
  return { kind: 'case', operand, branches, otherwise };
}

const reservedFunctions = ['LEFT', 'RIGHT', 'COALESCE', 'NULLIF'];

function parseName(cursor: TokenCursor): Expression {
  const isFunctionWord = cursor.isWord(...reservedFunctions) && cursor.peek(1).text === '(';
  const parts = [isFunctionWord ? cursor.take().text : cursor.expectName()];
  while (cursor.trySymbol('.')) parts.push(cursor.expectName());
  const name = parts.at(-1) ?? '';
  if (cursor.isSymbol('(')) return parseCall(cursor, parts.join('.'));
  return { kind: 'column', table: parts.at(-2), name };
}

function parseCall(cursor: TokenCursor, name: string): Expression {
  cursor.expectSymbol('(');
  if (cursor.trySymbol('*')) {
    cursor.expectSymbol(')');
    return { kind: 'call', name, args: [], star: true };
  }
  if (cursor.trySymbol(')')) return { kind: 'call', name, args: [], star: false };
  cursor.tryWords('DISTINCT');
  const args = cursor.commaList(() => parseExpression(cursor));
  cursor.expectSymbol(')');
  return { kind: 'call', name, args, star: false };
}
