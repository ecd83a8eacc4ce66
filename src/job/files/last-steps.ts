// The steps after the point of no return: SQL Server counts on the backup, so nothing aborts them. A destination that
// does not answer must not hold the end of the run for ever, either.

import type { Abort } from '../../base/abort.ts';
import { asError } from '../../base/errors.ts';
import { destinationIsStuck, stalled } from '../serving/stall-watch.ts';

/** How long the last steps may go on once the run is to end, ms: a disk that answers needs far less. */
const latePatienceMs = 2000;
/** The same once the user will not wait: a disk that answers shall still end them well. */
const hurriedPatienceMs = 500;

interface Lateness {
  /** Rejects when nobody waits any longer: with the abort's cause, or with the stall. */
  readonly late: Promise<never>;
  /** The steps are done. */
  readonly end: () => void;
}

/** `stallTimeoutMs` 0: only an abort ends the waiting, a second Ctrl-C sooner. */
export function lateness(stallTimeoutMs: number, abort: Abort): Lateness {
  const timers: NodeJS.Timeout[] = [];
  const forget: (() => void)[] = [];
  const late = new Promise<never>((_, reject) => {
    const giveUp = () => reject(asError(abort.cause));
    forget.push(
      abort.onAbort(() => timers.push(setTimeout(giveUp, latePatienceMs))),
      abort.onHurry(() => timers.push(setTimeout(giveUp, hurriedPatienceMs))),
    );
    if (stallTimeoutMs > 0)
      timers.push(
        setTimeout(() => reject(stalled(stallTimeoutMs, destinationIsStuck)), stallTimeoutMs),
      );
  });
  // Nobody may be waiting for it.
  late.catch(asError);
  const end = () => {
    for (const timer of timers) clearTimeout(timer);
    for (const one of forget) one();
  };
  return { late, end };
}
