import type { Abort } from '../../base/abort.js';
import { formatDuration } from '../../base/duration.js';
import { Failure } from '../../errors.js';

/** The side of a job that can be stuck. */
export type Side = 'SQL Server' | 'compression' | 'the destination' | 'the source';

export interface StuckSide {
  readonly side: Side;
  readonly detail: string;
}

export const sourceIsStuck: StuckSide = { side: 'the source', detail: 'a read has not come back' };

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

/** Longest wait for the answer to a short question, in milliseconds, whatever the stall timeout. */
const answerPatienceMs = 60_000;

/** `questions`, short ones to SQL Server, which must not wait for ever. Rejects with the abort's cause. */
export async function answered<T>(
  questions: Promise<T>,
  stallTimeoutMs: number,
  abort: Abort,
): Promise<T> {
  const patience = Math.min(stallTimeoutMs || answerPatienceMs, answerPatienceMs);
  const side = { side: 'SQL Server', detail: 'a question was not answered' } as const;
  const gauges = { moved: () => 0, side: () => side };
  const end = watchForStall(patience, gauges, (failure) => abort.raise(failure));
  try {
    return await abort.race(questions);
  } finally {
    end();
  }
}

function stalled(timeoutMs: number, { side, detail }: StuckSide): Failure {
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
    'stalled',
    `no byte moved for ${formatDuration(timeoutMs)}: ${side} is stuck (${detail})`,
    {
      hints: [hints[side], 'A longer --stall-timeout, or off, waits for longer.'],
    },
  );
}
