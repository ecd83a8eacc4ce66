// Another name for a file that is to outlast a power cut, and that replaces nobody's.

import { dirname } from 'node:path';
import { nameWithoutReplacing, removed } from './file-name.ts';
import { FolderSync } from './folder-sync.ts';

/** Rejects with the system's error, EEXIST where `to` exists; `check` looks at the new name while the old one is there. */
export async function moveDurably(
  from: string,
  to: string,
  check: () => Promise<void> = async () => undefined,
): Promise<void> {
  const folders = await FolderSync.open([dirname(to)]);
  try {
    const given = await nameWithoutReplacing(from, to);
    await check();
    if (given === 'linked') await removed(from);
    await folders.sync();
  } finally {
    await folders.close();
  }
}
