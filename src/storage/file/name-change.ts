// One name that passes from the file before, if there is one, to the finished file: in steps, each of which can be
// taken back, so that several names change together or not at all (publication.ts).

import { rename, unlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { asError } from '../../base/errors.ts';
import { ioFailure, systemErrorName } from '../io-failure.ts';
import { bears, type FileIdentity, fileAt, isSame } from './file-identity.ts';
import { type Given, gone, linked, nameWithoutReplacing, removed } from './file-name.ts';
import type { PartialFile } from './partial-file.ts';
import { removeStale } from './stale-partial.ts';

/** What the file before is called while names change; the end of the name says that it may be removed later. */
export const asideSuffix = '.previous.partial';

export class NameChange {
  readonly file: PartialFile;
  readonly aside: string;
  readonly #overwrite: boolean;
  /** The file before, if there is one. */
  #before: FileIdentity | undefined;
  #putAside: Given | undefined;
  #given: Given | undefined;

  constructor(file: PartialFile, overwrite: boolean) {
    this.file = file;
    this.aside = file.path + asideSuffix;
    this.#overwrite = overwrite;
  }

  /**
   * Gives the file before a second name. Where there are no hard links it loses its first one, if `otherwiseMove`;
   * else nothing happens, and the change cannot be taken back.
   */
  async setAside(otherwiseMove: boolean): Promise<void> {
    const { path } = this.file;
    if (!(await this.#findBefore())) return;
    if (await linked(path, this.aside)) {
      this.#putAside = 'linked';
    } else if (otherwiseMove) {
      await this.#moveAway();
    }
  }

  /** The file before loses its name at once: that of a side file would be wrong beside a new backup. */
  async moveAside(): Promise<void> {
    if (await this.#findBefore()) await this.#moveAway();
  }

  /** The name leads to the bytes that were written when this resolves. */
  async give(): Promise<void> {
    const { file } = this;
    if (file.failure) throw file.failure;
    await file.expectWhole(file.partialPath);
    if (this.#overwrite && this.#putAside !== 'moved') {
      await rename(file.partialPath, file.path);
      this.#given = 'moved';
    } else {
      this.#given = await this.#giveFreeName();
    }
    await file.expectWhole(file.path);
  }

  /** Puts everything back as far as that can be done. Never rejects: `publication.ts` looks where things are. */
  async takeBack(): Promise<void> {
    await this.giveUp();
    await this.#bringBack().catch(asError);
  }

  /** As `takeBack`, but the file before does not come back. Never rejects. */
  async giveUp(): Promise<void> {
    if (this.#given !== undefined) await this.#takeNameBack(this.#given).catch(asError);
  }

  /** Names that `tidy` is to remove. */
  get leftovers(): string[] {
    return [
      ...(this.#given === 'linked' ? [this.file.partialPath] : []),
      ...(this.#putAside === undefined ? [] : [this.aside]),
    ];
  }

  /** Removes the names that are left over after success; those that stay. */
  async tidy(): Promise<string[]> {
    const left: string[] = [];
    const { file } = this;
    if (this.#given === 'linked' && (await bears(file.partialPath, file.identity)))
      if (!(await removed(file.partialPath))) left.push(file.partialPath);
    if (!(await this.#removeAside())) left.push(this.aside);
    return left;
  }

  /** Where the file before is now, when it is not under its name. */
  async displaced(): Promise<string | undefined> {
    if (!this.#before || (await this.#beforeIsBack())) return undefined;
    return (await bears(this.aside, this.#before)) ? this.aside : undefined;
  }

  /** Whether there is a file before; then its second name is free. */
  async #findBefore(): Promise<boolean> {
    const { path } = this.file;
    if (!this.#overwrite || (await gone(path))) return false;
    const before = await fileAt(path);
    // Somebody else's; the rename is refused.
    if (before.isFolder) return false;
    await this.#freeAside(before).catch((thrown) => {
      throw ioFailure('remove', basename(this.aside), thrown);
    });
    this.#before = before;
    return true;
  }

  async #freeAside(before: FileIdentity): Promise<void> {
    // Of a run that died between giving the second name and taking the first.
    if (await bears(this.aside, before)) await unlink(this.aside);
    else await removeStale(this.aside, this.file.lockFile);
  }

  async #moveAway(): Promise<void> {
    const { path } = this.file;
    await rename(path, this.aside).catch((thrown) => {
      throw ioFailure('rename', `${basename(path)} to ${basename(this.aside)}`, thrown);
    });
    this.#putAside = 'moved';
  }

  async #beforeIsBack(): Promise<boolean> {
    return this.#before !== undefined && (await bears(this.file.path, this.#before));
  }

  async #giveFreeName(): Promise<Given> {
    const { path, partialPath, identity } = this.file;
    try {
      return await nameWithoutReplacing(partialPath, path);
    } catch (thrown) {
      // NFS repeats a call whose answer was lost, and then meets the name it has just given.
      if (systemErrorName(thrown) === 'EEXIST' && (await bears(path, identity))) return 'linked';
      throw thrown;
    }
  }

  /** What bears the name now goes back to its partial name, whosever it is. */
  async #takeNameBack(given: Given): Promise<void> {
    const { path, partialPath } = this.file;
    if (given === 'linked') {
      if (isSame(await fileAt(partialPath), await fileAt(path))) await unlink(path);
      // The file before replaces it in one step, so that the name is never without a file; or never again.
    } else if (!this.#before || this.#putAside) {
      const back = await nameWithoutReplacing(path, partialPath);
      if (this.#putAside !== 'linked' && back === 'linked') await unlink(path);
    }
    this.#given = undefined;
  }
  async #bringBack(): Promise<void> {
    const { path } = this.file;
    if (this.#putAside === undefined) return;
    if (await this.#beforeIsBack()) await unlink(this.aside);
    // Not over a name that could not be taken back: it may be the only one of the new file.
    else if (this.#given !== undefined) return;
    else if (this.#putAside === 'linked') await rename(this.aside, path);
    else if ((await nameWithoutReplacing(this.aside, path)) === 'linked') await unlink(this.aside);
  }

  async #removeAside(): Promise<boolean> {
    if (this.#overwrite && this.#putAside === undefined && !(await gone(this.aside)))
      return removeStale(this.aside, this.file.lockFile).then(
        () => true,
        () => false,
      );
    return this.#putAside === undefined || removed(this.aside);
  }
}
