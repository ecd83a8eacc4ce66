// Names that become part of a statement or of a path. A quoted name is one token of T-SQL that means the name.

import assert from 'node:assert/strict';
import { quoteIdentifier, quoteLiteral } from '../../../src/sql/quoting.ts';
import { safeFileName } from '../../../src/sql/server-path.ts';
import { tokenize } from '../../standin/tokenizer.ts';
import { unlessRefused } from '../judge.ts';

/** File systems of Linux, and room for a number behind it. */
const maxNameBytes = 255 - '_9999'.length;

export function fuzz(data: Uint8Array): void {
  const text = new TextDecoder().decode(data);
  assertOneToken(
    unlessRefused('usage', () => quoteIdentifier(text)),
    'name',
    text,
  );
  assertOneToken(
    unlessRefused('usage', () => quoteLiteral(text)),
    'string',
    text,
  );
  const name = safeFileName(text);
  assert.doesNotMatch(name, /[<>:"/\\|?*\p{Cc}]/u);
  assert.doesNotMatch(name, /[. ]$/, 'Windows takes it for another name');
  assert.ok(name !== '' && Buffer.byteLength(name) <= maxNameBytes, 'its length');
  assert.doesNotMatch(name, /\p{Cs}/u, 'half a character');
}

function assertOneToken(quoted: string | undefined, kind: string, text: string): void {
  if (quoted === undefined) return;
  const [token, end] = tokenize(quoted);
  assert.deepEqual([token?.kind, token?.text, end?.kind], [kind, text, 'end']);
}
