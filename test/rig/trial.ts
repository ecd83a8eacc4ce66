// A whole-program test as one call: a rig of its own, and at the end what must hold whatever the test was about:
// the judge saw no breach of the contract, the server no protocol error, and the folder holds exactly `leaves`.

import assert from 'node:assert/strict';
import type { InstanceOptions } from '../standin/instance.ts';
import type { Ended } from './program.ts';
import { Rig } from './rig.ts';

export function trial(
  leaves: readonly string[],
  body: (rig: Rig) => Promise<void>,
  options: Partial<InstanceOptions> = {},
): Promise<void> {
  return withRig(async (rig) => {
    await body(rig);
    assertUnbroken(rig);
    assert.deepEqual(await rig.files(), [...leaves].sort(), 'what is in the folder');
  }, options);
}

/** The same, whatever the folder holds in the end. */
export async function withRig(
  body: (rig: Rig) => Promise<void>,
  options: Partial<InstanceOptions> = {},
): Promise<void> {
  const rig = await Rig.create(options);
  try {
    await body(rig);
    assertUnbroken(rig);
  } finally {
    await rig.close();
  }
}

function assertUnbroken(rig: Rig): void {
  assert.deepEqual(rig.breaches, [], 'breaches of the VDI contract');
  assert.deepEqual(rig.server.problems, [], 'problems of the server with its client');
}

const size = String.raw`\d+(\.\d+)? (B|[KMGTP]iB)`;

/** The last line of a success, as the README shows it. */
export const okLine = new RegExp(
  `^OK (?<database>.+) (copy|full|diff|log) ${size} -> ${size} \\(\\d+\\.\\d\\dx\\) in [\\dhms.]+ ${size}/s file=(?<file>.+) set=[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`,
);

export function assertSucceeded({ code, signal, stderr, lastLine }: Ended): void {
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, stderr);
  assert.match(lastLine, okLine);
}

/** Ended with `exitCode`, one error line, and the line that scripts grep. */
export function assertFailed(ended: Ended, exitCode: number, reason: RegExp): void {
  const { code, signal, stderr, lastLine } = ended;
  assert.deepEqual({ code, signal }, { code: exitCode, signal: null }, stderr);
  assert.match(lastLine, new RegExp(`^FAILED( .+)?: .+ \\(exit ${exitCode}\\)$`), stderr);
  assert.match(lastLine, reason, stderr);
  assert.equal(stderr.match(/^error: /gm)?.length, 1, stderr);
  assert.equal(stderr.match(/^FAILED\b/gm)?.length, 1, stderr);
}

/** The file holds, once decompressed, exactly what SQL Server sent to that device. */
export async function assertSame(
  rig: Rig,
  raw: { readonly length: number; readonly sha256: string },
  devices = 1,
  device = 0,
  database = 'Sales',
): Promise<void> {
  assert.deepEqual(raw, await rig.server.expectedBytes(database, devices, device));
}
