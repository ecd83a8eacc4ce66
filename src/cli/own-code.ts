// Root does not run what others can change, unless it says so.

import type { Abort } from '../base/abort.ts';
import {
  libraryReached,
  libraryWeakness,
  programWeakness,
  refuseWritable,
} from '../system/code/own-code.ts';

export interface OwnCodeFlags {
  readonly allowWritableProgram?: true;
}

export function checkProgram({ allowWritableProgram }: OwnCodeFlags): void {
  if (!allowWritableProgram) refuseWritable(programWeakness('folders'), 'program-writable');
}

/** For the verbs that load the VDI library, before they do: from then on this thread waits where it lies. */
export async function checkLibrary(
  { allowWritableProgram }: OwnCodeFlags,
  request: { readonly vdiLibrary?: string },
  abort: Abort,
): Promise<void> {
  await abort.race(libraryReached(request.vdiLibrary));
  if (allowWritableProgram) return;
  refuseWritable(libraryWeakness(request.vdiLibrary), 'vdi-library-writable');
}
