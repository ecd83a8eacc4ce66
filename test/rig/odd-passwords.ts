// Passwords that are odd, short, or words of ours, and a server that repeats them.

import assert from 'node:assert/strict';
import type { Rig } from './rig.ts';
import { trial } from './trial.ts';

export const passwords: [what: string, password: string][] = [
  ['a period', '.'],
  ['two periods', '..'],
  ['a final period', 'ends.'],
  ['the name of an event', 'summary'],
  ['a type of backup', 'copy'],
  ['the word of success', 'OK'],
  ['a blank inside', 'a b'],
  ['an apostrophe', "'"],
  ['a quotation mark', '"'],
  ['a backslash', '\\'],
  ['an emoji', '\u{1f600}'],
  ['a letter written from right to left', '\u05d0'],
  ['a control that turns the direction', '\u202e'],
  ['one letter', 'q'],
  ['the digits of an error of the system', '112'],
];

const database = {
  name: 'Sales',
  streams: { kind: 'generate', bytes: 1024 * 1024, seed: 3 },
} as const;

/** Stands before each secret that the server repeats, at the end of its text and in the middle. */
export const mark = 'told:';
export const repeated = (password: string) => [
  { number: 50001, severity: 0, text: `informs: ${mark}${password} and goes on` },
  { number: 50002, severity: 16, text: `ends in ${mark}${password}` },
];

/** No mark is followed by anything but asterisks, and there is one. */
export function assertMasked(what: string, text: string): void {
  assert.ok(text.includes(`${mark}***`), `nothing was repeated in ${what}:\n${text}`);
  assert.doesNotMatch(text, new RegExp(`${mark}(?!\\*\\*\\*)`), what);
}

interface Told {
  readonly [name: string]: unknown;
}

export function objects(text: string): Told[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

export async function withPassword(
  password: string,
  leaves: readonly string[],
  body: (rig: Rig) => Promise<void>,
): Promise<void> {
  const options = { databases: [database], login: { user: 'sa', password } };
  await trial(
    leaves,
    async (rig) => {
      rig.connectionEnvironment = { SQLCMDPASSWORD: password };
      await body(rig);
    },
    options,
  );
}
