// From what a verification found to the one Failure that its last line says. Pure.

import { Failure } from '../../base/errors.ts';
import { isFailureCode } from '../../base/failure-codes.ts';
import type { Damage } from './verify-report.ts';
import { passes, type VerifiedFile, type VerifyReport } from './verify-report.ts';

/** Undefined where nothing is known to be wrong. `integrity` for damage, `io` where nothing but reading failed, else `usage`. */
export function verifyFailure(report: VerifyReport): Failure | undefined {
  return passes(report) ? undefined : (unreadFailure(report) ?? damagedFailure(report));
}

function isDamaged({ verdict }: VerifiedFile): boolean {
  return verdict === 'damaged';
}

/** When nothing is known to be damaged, but not everything could be read. */
function unreadFailure({ files, sets }: VerifyReport): Failure | undefined {
  const unread = files.filter((file) => file.unread);
  const [first] = unread.flatMap(({ damage }) => damage);
  if (!first || !isFailureCode(first.code) || sets.length > 0 || files.some(isDamaged))
    return undefined;
  const what = `${unread.length} of ${files.length} files could not be read`;
  const others =
    unread.length < files.length ? ['the others were read and are good; see above for each'] : [];
  return new Failure(first.code, `${what}: ${first.message}`, { hints: others });
}

/** The first finding stands for all. Files that are good and make no whole set were named wrongly: nothing is damaged. */
function damagedFailure({ files, sets, server }: VerifyReport): Failure {
  const damaged = files.filter(isDamaged);
  const damage: Damage[] = [...damaged.flatMap((file) => file.damage), ...sets];
  const [first] = damage;
  const omitted = damaged.reduce((sum, { damageOmitted = 0 }) => sum + damageOmitted, 0);
  const others = damage.length - 1 + omitted;
  const many = others > 0 ? ` (and ${others} more)` : '';
  const what = `${whatIsWrong(files)}: ${first?.message ?? 'damage'}${many}`;
  const notAsked = server ? [notAskedHint] : [];
  return damaged.length > 0
    ? new Failure('damaged', what, { hints: [first?.hint ?? copyHint, ...notAsked] })
    : new Failure(sets[0]?.code ?? 'stripe-missing', what, {
        hints: ['Name every stripe of a backup, each once.', ...notAsked],
      });
}

const copyHint = 'copy the file again from where it was made, or take a new backup';
const notAskedHint = 'SQL Server was not asked: it is only asked about files that are whole';

function whatIsWrong(files: VerifyReport['files']): string {
  const bad = files.filter(isDamaged).length;
  const unread = files.filter((file) => file.unread).length;
  return [
    bad > 0 ? `${bad} of ${files.length} files damaged` : 'the set is not whole',
    ...(unread > 0 ? [`${unread} could not be read`] : []),
  ].join(', ');
}
