// The real backups beside the project, and where a restore of them goes.

import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import type { Ended } from './program.ts';
import { corpusPath } from './rig.ts';

/** Real backups that can be restored alone; half of a set cannot. */
export const wholeBackups = (
  existsSync(corpusPath)
    ? readdirSync(corpusPath)
        .filter((name) => name.endsWith('.bak'))
        .sort()
    : []
).filter((name) => !/stripe\dof2/.test(name));

/** Continues a database that is RESTORING. */
const isContinuation = (name: string) => /diff\b|diff-|log\d|multiset/.test(name);
/** A database that an earlier restore left open. */
export const open = {
  name: 'Open',
  state: 'RESTORING',
  streams: { kind: 'generate', bytes: 1 },
} as const;

export function target(name: string): string {
  return isContinuation(name) ? 'Open' : 'Copy';
}

export function assertRestored({ code, stderr, lastLine }: Ended): void {
  assert.equal(code, 0, stderr);
  assert.match(lastLine, /^OK \S+ restore /);
}
