// `--with`: what is counted as an option is what SQL Server would see as one, also when the options are put together
// again with others. The judge is the tokenizer of the stand-in.

import assert from 'node:assert/strict';
import { parseWithOptions } from '../../../src/sql/statement/with-options.ts';
import { SyntaxProblem } from '../../standin/sql-error.ts';
import { type Token, tokenize } from '../../standin/tokenizer.ts';
import { unlessRefused } from '../judge.ts';

export function fuzz(data: Uint8Array): void {
  const text = new TextDecoder().decode(data);
  const options = unlessRefused('usage', () => parseWithOptions(text));
  if (!options) return;
  const joined = options.map((option) => option.text).join(', ');
  assert.deepEqual(
    parseWithOptions(joined).map(({ name }) => name),
    options.map(({ name }) => name),
  );
  const tokens = words(text);
  if (!tokens) return;
  assert.deepEqual(words(joined), tokens, 'together they read otherwise');
  assert.equal(topLevelCommas(tokens) + 1, options.length, 'SQL Server sees other options');
}

/** Undefined for what is no T-SQL at all. */
function words(text: string): Pick<Token, 'kind' | 'text'>[] | undefined {
  try {
    return tokenize(text).map(({ kind, text }) => ({ kind, text }));
  } catch (thrown) {
    if (thrown instanceof SyntaxProblem) return undefined;
    throw thrown;
  }
}

function topLevelCommas(tokens: readonly Pick<Token, 'kind' | 'text'>[]): number {
  let [depth, commas] = [0, 0];
  for (const { kind, text } of tokens) {
    if (kind !== 'symbol') continue;
    if (text === '(') depth += 1;
    if (text === ')') depth -= 1;
    if (text === ',' && depth === 0) commas += 1;
  }
  return commas;
}
