// SELECT: items, FROM with joins, WHERE, ORDER BY, TOP, DISTINCT. No GROUP BY, no UNION.
import type { Expression, Join, Select, SelectItem, TableSource } from './expression.ts';
import { parseExpression } from './expression-parser.ts';
import type { TokenCursor } from './token-cursor.ts';

export function parseSelect(cursor: TokenCursor): Select {
  cursor.expectWord('SELECT');
  const distinct = cursor.tryWords('DISTINCT');
  const top = cursor.tryWords('TOP') ? parseTop(cursor) : undefined;
  const items = cursor.commaList(() => parseItem(cursor));
  const from = cursor.tryWords('FROM') ? parseSource(cursor) : undefined;
  const joins = from ? parseJoins(cursor) : [];
  const where = cursor.tryWords('WHERE') ? parseExpression(cursor) : undefined;
  const orderBy = cursor.tryWords('ORDER', 'BY') ? cursor.commaList(() => parseOrder(cursor)) : [];
  if (cursor.tryWords('OPTION')) skipParentheses(cursor);
  return { items, from, joins, where, orderBy, top, distinct };
}

function parseTop(cursor: TokenCursor): Expression {
  const wrapped = cursor.trySymbol('(');
  const { kind, text } = cursor.peek();
  if (!wrapped && kind !== 'number') cursor.fail();
  const count = wrapped ? parseExpression(cursor) : intLiteral(cursor, text);
  if (wrapped) cursor.expectSymbol(')');
  return count;
}

function intLiteral(cursor: TokenCursor, text: string): Expression {
  cursor.take();
  return { kind: 'literal', typed: { type: { kind: 'int' }, value: Number(text) } };
}

function parseItem(cursor: TokenCursor): SelectItem {
  if (cursor.trySymbol('*')) return { kind: 'star', table: undefined };
  if (cursor.isName() && cursor.peek(1).text === '.' && cursor.peek(2).text === '*') {
    const table = cursor.take().text;
    cursor.take();
    cursor.take();
    return { kind: 'star', table };
  }
  if (cursor.peek().kind === 'variable' && cursor.peek(1).text === '=') {
    const variable = cursor.take().text;
    cursor.take();
    return { kind: 'assign', variable, expression: parseExpression(cursor) };
  }
  if (cursor.isName() && cursor.peek(1).kind === 'symbol' && cursor.peek(1).text === '=') {
    const alias = cursor.take().text;
    cursor.take();
    return { kind: 'value', alias, expression: parseExpression(cursor) };
  }
  const expression = parseExpression(cursor);
  return { kind: 'value', expression, alias: parseAlias(cursor) ?? defaultName(expression) };
}

function parseAlias(cursor: TokenCursor): string | undefined {
  const marked = cursor.tryWords('AS');
  if (cursor.peek().kind === 'string') return cursor.take().text;
  if (marked || cursor.isName()) return cursor.expectName();
  return undefined;
}

function defaultName(expression: Expression): string {
  return expression.kind === 'column' ? expression.name : '';
}

function parseSource(cursor: TokenCursor): TableSource {
  const parts = [cursor.expectName()];
  while (cursor.trySymbol('.')) parts.push(cursor.isSymbol('.') ? 'dbo' : cursor.expectName());
  let args: Expression[] | undefined;
  if (cursor.trySymbol('(')) {
    args = cursor.isSymbol(')') ? [] : cursor.commaList(() => parseExpression(cursor));
    cursor.expectSymbol(')');
  }
  const marked = cursor.tryWords('AS');
  const alias = marked || cursor.isName() ? cursor.expectName() : (parts.at(-1) ?? '');
  if (cursor.tryWords('WITH')) skipParentheses(cursor);
  return { table: parts.slice(-2).join('.').toLowerCase(), written: parts.join('.'), alias, args };
}

function parseJoins(cursor: TokenCursor): Join[] {
  const joins: Join[] = [];
  for (let kind = joinKind(cursor); kind; kind = joinKind(cursor)) {
    const source = parseSource(cursor);
    let on: Expression | undefined;
    if (kind !== 'cross') {
      cursor.expectWord('ON');
      on = parseExpression(cursor);
    }
    joins.push({ kind, source, on });
  }
  return joins;
}

function joinKind(cursor: TokenCursor): Join['kind'] | undefined {
  if (cursor.trySymbol(',')) return 'cross';
  if (cursor.tryWords('CROSS', 'JOIN') || cursor.tryWords('CROSS', 'APPLY')) return 'cross';
  if (cursor.tryWords('JOIN') || cursor.tryWords('INNER', 'JOIN')) return 'inner';
  if (cursor.tryWords('LEFT', 'JOIN') || cursor.tryWords('LEFT', 'OUTER', 'JOIN')) return 'left';
  return undefined;
}

function parseOrder(cursor: TokenCursor): { expression: Expression; descending: boolean } {
  const expression = parseExpression(cursor);
  const descending = cursor.tryWords('DESC');
  if (!descending) cursor.tryWords('ASC');
  return { expression, descending };
}

export function skipParentheses(cursor: TokenCursor): void {
  cursor.expectSymbol('(');
  for (let depth = 1; depth > 0; ) {
    const { kind, text } = cursor.take();
    if (kind === 'end') cursor.fail();
    if (kind === 'symbol' && text === '(') depth += 1;
    if (kind === 'symbol' && text === ')') depth -= 1;
  }
}
