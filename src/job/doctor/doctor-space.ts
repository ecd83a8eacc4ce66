// Whether the backups of a database find room in a folder.

import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { formatByteSize } from '../../base/byte-size.ts';
import type { ServerFacts } from '../../sql/facts/server-facts.ts';
import { tdeAdvice } from '../../sql/facts/tde-compression.ts';
import { checkDestinations } from '../../storage/destination.ts';
import { expected, failed, ok, unknown } from './doctor-finding.ts';
import type { Finding } from './doctor-report.ts';

/** Few databases compress better than this: with less room a backup will hardly fit. */
const hopefulRatio = 4;

interface Room {
  readonly folder: string;
  /** Undefined when the file system does not say. */
  readonly freeBytes: number | undefined;
}

/** Check `destination`: the folder is there and may be written into. Nothing is made in it. */
export async function destinationFinding(folder: string): Promise<Finding> {
  try {
    await checkDestinations([join(folder, 'vdibackup-doctor')], { overwrite: true });
    return ok('destination', `${folder} can be written into`);
  } catch (thrown) {
    return failed('destination', expected(thrown));
  }
}

export async function roomIn(folder: string): Promise<Room> {
  const told = await statfs(folder).catch(() => undefined);
  return { folder, freeBytes: told && told.bavail * told.bsize };
}

/** Check `space`. `usedBytes` of the database; `encrypted` pages do not compress, but for what `server` can do. */
export function spaceFinding(
  { folder, freeBytes }: Room,
  usedBytes: number | undefined,
  encrypted: boolean,
  server: ServerFacts = {},
): Finding {
  const check = 'space';
  if (freeBytes === undefined || usedBytes === undefined)
    return unknown(
      check,
      'space-unknown',
      freeBytes === undefined
        ? `the file system of ${folder} does not say how much is free`
        : 'SQL Server does not say how much of the database is in use',
    );
  const sizes = `${formatByteSize(freeBytes)} free in ${folder}, ${formatByteSize(usedBytes)} in use in the database`;
  if (freeBytes >= usedBytes) return ok(check, `${sizes}: room even for an uncompressed backup`);
  const short = encrypted || freeBytes * hopefulRatio < usedBytes;
  const hint = encrypted ? tdeAdvice(server) : undefined;
  const ratio = (usedBytes / freeBytes).toFixed(1);
  const need = freeBytes > 0 ? `the backup must compress ${ratio}x to fit` : 'no room at all';
  return {
    check,
    level: short ? 'problem' : 'warning',
    code: short ? 'space-short' : 'space-tight',
    message: `${sizes}: ${need}${encrypted ? ', and encrypted pages do not compress' : ''}`,
    ...(hint !== undefined && { hints: [hint] }),
  };
}
