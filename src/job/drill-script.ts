// A file of assertions, which sqlcmd and Management Studio can run as well: queries separated by GO, each with its
// expectation in a comment. Pure.

import { asError, Failure } from '../errors.ts';
import { type Expectation, parseExpectation } from './drill-expectation.ts';

export interface Assertion {
  /** For words: its name, or the query itself. */
  readonly name: string;
  readonly query: string;
  /** As written. */
  readonly expected: string;
  readonly expectation: Expectation;
}

const separator = /^\s*GO\s*;?\s*$/im;
const directive = /^\s*--\s*(name|expect)\s*:\s*(.*)$/gim;

/** Throws `Failure('usage')` that names the block. */
export function parseDrillScript(text: string, file: string): readonly Assertion[] {
  const blocks = text.split(new RegExp(separator, 'gim')).filter((block) => block.trim() !== '');
  return blocks.map((block, index) => {
    try {
      return assertion(block);
    } catch (thrown) {
      throw badAssertion(file, index + 1, asError(thrown));
    }
  });
}

function badAssertion(file: string, number: number, cause: Error): Failure {
  return new Failure('usage', 'bad-assertion', `${file}, assertion ${number}: ${cause.message}`, {
    hints: ["Write '-- expect: > 1000' above each query, and GO on a line of its own between them"],
    cause,
  });
}

/** One assertion of the command line or a file. */
export function assertionOf(query: string, expected: string, name = query): Assertion {
  return { name, query, expected, expectation: parseExpectation(expected) };
}

function assertion(block: string): Assertion {
  const said = new Map<string, string>();
  for (const [, key = '', value = ''] of block.matchAll(directive))
    said.set(key.toLowerCase(), value.trim());
  const query = block.replaceAll(directive, '').trim();
  const expected = said.get('expect');
  if (query === '') throw new Error('there is no query');
  if (expected === undefined) throw new Error('it does not say what to expect');
  return assertionOf(query, expected, said.get('name') || query);
}
