// What the reference dump, a program of its own beside the project, says of a native backup.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Row, SetInfo } from '../../src/job/info/info-report.ts';
import { corpusPath } from './rig.ts';

const reference = join(corpusPath, '..', 'tools', 'mtfdump.py');

/** Fields of the reference that stand for something unproven, or for itself. */
const unproven = [
  'HasBulkLoggedData',
  'IsSnapshot',
  'IsReadOnly',
  'IsSingleUser',
  'IsDamaged',
  'ExpirationDate',
  'from_block',
];

export interface Dump {
  readonly HEADERONLY: readonly Record<string, unknown>[];
  readonly FILELISTONLY: readonly (readonly Record<string, unknown>[])[];
  readonly page_checksums: { readonly ok: number; readonly bad: readonly unknown[] };
  readonly csum?: { readonly ok: number };
  readonly compressed?: { readonly record_checksum_ok: number };
}

export function dump(path: string): Dump {
  const text = spawnSync('python3', [reference, '-j', path], { maxBuffer: 1 << 28 }).stdout;
  return JSON.parse(text.toString());
}

function known(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).filter(([key, value]) => value !== null && !unproven.includes(key)),
  );
}

/** Ours may say more, never something else. */
export function assertAgrees(
  ours: Row | undefined,
  theirs: Readonly<Record<string, unknown>>,
): void {
  const expected = known(theirs);
  const said = Object.fromEntries(Object.keys(expected).map((key) => [key, ours?.[key]]));
  assert.deepEqual(said, expected);
}

/** Headers and file lists of every set. */
export function assertSameSets(
  sets: readonly SetInfo[],
  { HEADERONLY: headers, FILELISTONLY: lists }: Dump,
): void {
  assert.equal(sets.length, headers.length);
  for (const [index, header] of headers.entries()) {
    assert.equal(sets[index]?.disagreements, undefined);
    assertAgrees(sets[index]?.header, header);
    const list = lists[index] ?? [];
    assert.equal(sets[index]?.files.length, list.length);
    for (const [at, file] of list.entries()) assertAgrees(sets[index]?.files[at], file);
  }
}

/** The backup stream in a natively compressed backup, as the reference decompresses it. */
export function decompressedByReference(path: string): Buffer {
  const program = [
    'import sys',
    'sys.path.insert(0, sys.argv[1])',
    'import mtfdump',
    'sys.stdout.buffer.write(mtfdump.demux(open(sys.argv[2], "rb").read(), {})[0])',
  ].join('\n');
  const args = ['-B', '-c', program, join(reference, '..'), path];
  const { stdout, stderr } = spawnSync('python3', args, { maxBuffer: 1 << 28 });
  assert.notEqual(stdout.length, 0, String(stderr));
  return stdout;
}
