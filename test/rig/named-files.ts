// What a failure says about files must be so: every path in it leads to something.

import assert from 'node:assert/strict';
import { lstatSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Ended } from './program.ts';
import type { Rig } from './rig.ts';

/** Every path below the rig's folder in the error's line exists. */
export function assertNamesExist(rig: Rig, { stderr }: Ended): void {
  const error = /^error: .*$/m.exec(stderr)?.[0] ?? '';
  const paths = error.match(/\/[^\s,;:]+/g) ?? [];
  for (const path of paths.filter((each) => each.startsWith(rig.folder)))
    assert.ok(lstatSync(path, { throwIfNoEntry: false }), `${path} is not there: ${error}`);
}

export async function writeYesterday(rig: Rig, names: readonly string[]): Promise<void> {
  for (const name of names) await writeFile(rig.path(name), `yesterday's ${name}`);
}

export async function assertYesterday(rig: Rig, names: readonly string[]): Promise<void> {
  for (const name of names) assert.equal((await rig.read(name)).toString(), `yesterday's ${name}`);
}
