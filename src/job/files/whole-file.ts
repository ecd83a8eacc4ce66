// A small file beside a job's own, such as its evidence: like a backup it is born by rename and durable, or not there.

import { asError } from '../../base/errors.ts';
import type { PartialFile } from '../../storage/file/partial-file.ts';
import { type PublicationWarning, publish } from '../../storage/file/publication.ts';
import { createPartial } from './run-lock.ts';

/**
 * Replaces `path`, which must be no symbolic link, by a file with `text`, mode 0600; resolves with what is to be said of
 * it. Failure `io` or `locked`, or what `late` rejects with: nobody waits any longer.
 */
export async function writeWholeFile(
  path: string,
  text: string,
  late: Promise<never>,
): Promise<readonly PublicationWarning[]> {
  const creating = createPartial(path);
  const partial = await Promise.race([creating, late]).catch((thrown) => {
    // What appears after all must go, too.
    creating.then((made) => made.discard()).catch(asError);
    throw thrown;
  });
  try {
    await Promise.race([fill(partial, text), late]);
    return (await publish([partial], { overwrite: true, keep: false, late })).warnings;
  } catch (thrown) {
    await partial.discard().catch(asError);
    throw thrown;
  }
}

async function fill(partial: PartialFile, text: string): Promise<void> {
  await partial.write(Buffer.from(text), 0);
  await partial.sync();
  await partial.close();
}
