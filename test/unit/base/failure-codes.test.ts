import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { failureCodes, shownCode } from '../../../src/base/failure-codes.ts';

const src = join(import.meta.dirname, '..', '..', '..', '..', 'src');
const table = join('base', 'failure-codes.ts');
const rows = Object.entries<readonly [kind: string, meaning: string, shown?: string]>(failureCodes);

suite('the table of failure codes', () => {
  test('has no row that nothing is thrown with', () => {
    const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && name !== table)
      .map((name) => readFileSync(join(src, name), 'utf8'));
    const named = new Set(sources.flatMap((text) => text.match(/'[a-z][a-z0-9-]*'/g) ?? []));
    assert.deepEqual(
      rows.map(([code]) => code).filter((code) => !named.has(`'${code}'`)),
      [],
    );
  });

  test('shows a code under each exit code once', () => {
    const shown = Object.keys(failureCodes).map(
      (row) => `${failureCodes[row as keyof typeof failureCodes][0]} ${shownCode(row as never)}`,
    );
    assert.equal(new Set(shown).size, shown.length);
  });

  test('says of each what went wrong, in one way', () => {
    for (const [code, [, meaning]] of rows) {
      assert.match(code, /^[a-z]+(-[a-z0-9]+)*$/);
      assert.match(meaning, /^\S.*[^.\s]$/, code);
      assert.doesNotMatch(meaning, /[|\n]/, code);
    }
  });
});
