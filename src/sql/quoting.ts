// How text becomes part of a T-SQL statement. BACKUP takes no parameters, so names are quoted here and nowhere else.

import { Failure } from '../base/errors.ts';

/** UTF-16 code units of a `sysname`: database, login, device and backup set names. */
export const maxNameLength = 128;

/** UTF-16 code units of a backup set DESCRIPTION (BACKUP's documentation). */
export const maxDescriptionLength = 255;

/** `name` as a delimited identifier: `a]b` is `[a]]b]`. Throws `Failure('usage')` when no object can bear that name. */
export function quoteIdentifier(name: string): string {
  checkName(name, 'a database name', maxNameLength);
  return `[${name.replaceAll(']', ']]')}]`;
}

/**
 * `text` as a Unicode literal: `it's` is `N'it''s'`. `what` names it in the error ("a backup set name");
 * `limit` is in UTF-16 code units. Throws `Failure('usage')` for text that is empty, too long or holds a NUL.
 */
export function quoteLiteral(text: string, what = 'a name', limit = maxNameLength): string {
  checkName(text, what, limit);
  return `N'${text.replaceAll("'", "''")}'`;
}

function checkName(text: string, what: string, limit: number): void {
  if (text.length === 0) throw new Failure('empty-name', `${what} must not be empty`);
  if (text.includes('\0'))
    throw new Failure('name-with-nul', `${what} must not contain a NUL character`);
  if (text.length > limit)
    throw new Failure(
      'name-too-long',
      `${what} has at most ${limit} characters, this one has ${text.length}`,
    );
}
