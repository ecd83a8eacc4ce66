import type { Abort } from '../../base/abort.ts';
import { formatDuration } from '../../base/duration.ts';
import { Failure } from '../../base/errors.ts';

/** The side of a job that can be stuck. */
export type Side = 'SQL Server' | 'compression' | 'the destination' | 'the source';

export interface StuckSide {
  readonly side: Side;
  readonly detail: string;
}

export const sourceIsStuck: StuckSide = { side: 'the source', detail: 'a read has not come back' };
export const destinationIsStuck: StuckSide = {
  side: 'the destination',
  detail: 'a call of the file system has not come back',
};

export interface StallGauges {
  /** Any number that changes whenever a byte moved or SQL Server said something. */
  readonly moved: () => number;
  /** Who is being waited for now. */
  readonly side: () => StuckSide;
}

/** How often the gauges are read, as a part of the timeout; bounds how late a stall is noticed. */
const readsPerTimeout = 20;

/**
 * Watches that bytes move. After `timeoutMs` (0 = off) without any it calls `onStall` once with
 * `Failure('stalled')`, which names the side that is stuck. Returns the function that ends the watch.
 */
export function watchForStall(
  timeoutMs: number,
  gauges: StallGauges,
  onStall: (failure: Failure) => void,
): () => void {
  if (timeoutMs <= 0) return () => undefined;
  let last = gauges.moved();
  let since = performance.now();
  const timer = setInterval(
    () => {
      const now = performance.now();
      const moved = gauges.moved();
      if (moved !== last) {
        last = moved;
        since = now;
      } else if (now - since >= timeoutMs) {
        clearInterval(timer);
        onStall(stalled(timeoutMs, gauges.side()));
      }
    },
    Math.max(10, timeoutMs / readsPerTimeout),
  );
  return () => clearInterval(timer);
}

/** `work`, of which `gauges` tells whether it goes on. Rejects with the abort's cause, which may be a stall. */
export async function unstalled<T>(
  work: Promise<T>,
  timeoutMs: number,
  gauges: StallGauges,
  abort: Abort,
): Promise<T> {
  const end = watchForStall(timeoutMs, gauges, (failure) => abort.raise(failure));
  try {
    return await abort.race(work);
  } finally {
    end();
  }
}

/** The same of work in which no byte moves: `side` is stuck once it takes so long. */
export function unlessStuck<T>(
  work: Promise<T>,
  timeoutMs: number,
  side: StuckSide,
  abort: Abort,
): Promise<T> {
  return unstalled(work, timeoutMs, { moved: () => 0, side: () => side }, abort);
}

/** Longest wait for the answer to a short question, in milliseconds, whatever the stall timeout. */
const answerPatienceMs = 60_000;

/** `questions`, short ones to SQL Server, which must not wait for ever. Rejects with the abort's cause. */
export function answered<T>(
  questions: Promise<T>,
  stallTimeoutMs: number,
  abort: Abort,
): Promise<T> {
  const patience = Math.min(stallTimeoutMs || answerPatienceMs, answerPatienceMs);
  const side = { side: 'SQL Server', detail: 'a question was not answered' } as const;
  return unlessStuck(questions, patience, side, abort);
}

export function stalled(timeoutMs: number, { side, detail }: StuckSide): Failure {
  const hints: Record<Side, string> = {
    'SQL Server':
      'Look at sys.dm_exec_requests for the wait type of the BACKUP or RESTORE session and at the SQL Server error log.',
    compression: 'Is the machine out of processor time? Try a lower level, --compress zstd:1.',
    'the destination':
      'Look at the disk or the reader of the pipe: a hung network share looks like this.',
    'the source':
      'Look at the disk or the writer of the pipe: a hung network share looks like this.',
  };
  return new Failure(
    'stalled',
    `no byte moved for ${formatDuration(timeoutMs)}: ${side} is stuck (${detail})`,
    {
      hints: [hints[side], 'A longer --stall-timeout, or off, waits for longer.'],
    },
  );
}
