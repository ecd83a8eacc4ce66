// How a job keeps other runs out of the files it makes: archive/ says when, vdi/ knows how this system does it.

import type { Destination } from '../../storage/destination.ts';
import { type DestinationLock, lockDestination } from '../../storage/file/destination-lock.ts';
import { PartialFile, partialSuffix } from '../../storage/file/partial-file.ts';
import { type Rescue, refuseLocked } from '../../storage/file/stale-partial.ts';
import { lockFile } from '../../system/lock/file-locker.ts';
import { socketHolder } from '../../system/lock/socket-peer.ts';

/** Before any work. Failure `locked` when another run writes this destination. */
export async function lockOut(destination: Destination): Promise<DestinationLock> {
  const lock = await lockDestination(destination, socketHolder);
  try {
    await refuseLocked(destination.path + partialSuffix, lockFile);
    return lock;
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
}

/** See `PartialFile.create`. */
export function createPartial(path: string, rescue?: Rescue): Promise<PartialFile> {
  return PartialFile.create(path, lockFile, rescue);
}
