// `vdibackup verfy sales.bak.zst` is a backup of the database verfy by the grammar of the short form. Any word may be a
// database, so nothing is refused for likeness alone: only a failure that a mistyped verb has, too, names the verb.

import { Failure } from '../base/errors.ts';
import { usageError } from './usage-error.ts';

/** Letters that may be wrong, missing or too many. */
const mostTypos = 2;

/**
 * What to say of `failure` of a short form whose first word was `database`; `holdsBackup` is asked whether the file that
 * is in the way is one. The failure itself where no verb is like the word.
 */
export async function namingVerb(
  failure: unknown,
  database: string,
  verbs: readonly string[],
  holdsBackup: () => Promise<boolean>,
): Promise<unknown> {
  const verb = verbLike(database, verbs);
  if (verb === undefined || !(failure instanceof Failure)) return failure;
  const meant = `'${database}' is no command: did you mean ${verb}?`;
  if (failure.code === 'file-exists' && (await holdsBackup()))
    return usageError(
      'mistyped-verb',
      `${meant} The file is a backup, and a backup would be written there`,
      `For a database of that name: vdibackup backup ${database} <file...>.`,
    );
  if (failure.code !== 'database-missing') return failure;
  return failure.with({ hints: [meant, ...failure.hints] });
}

/** The verb that `word` is nearest to; undefined when none is near, or it is one. */
function verbLike(word: string, verbs: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const near = verbs
    .map((verb) => ({ verb, typos: distance(lower, verb) }))
    .filter(({ verb, typos }) => typos <= Math.min(mostTypos, verb.length / 2))
    .sort((a, b) => a.typos - b.typos);
  return near[0]?.verb;
}

/** Levenshtein's: insertions, deletions and replacements of one letter. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...a].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (letter === b[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
