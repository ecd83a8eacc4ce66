// The only clean-up order of a job that failed or was aborted, idempotent by construction: it runs once.
// SignalAbort has already been called when it starts (served-devices.ts does so the moment the abort is raised).

import type { Abort } from '../../base/abort.ts';
import { within } from '../../base/deadline.ts';
import type { RunningStatement, SqlSession } from '../../sql/sql-session.ts';
import type { VirtualDeviceSet } from '../../vdi/virtual-device-set.ts';

/** Whatever of a job exists at the moment; absent parts are skipped. */
export interface JobParts {
  devices?: VirtualDeviceSet;
  statement?: RunningStatement;
  /** SQL Server has opened the devices: it hears of the abort through them. */
  opened?: boolean;
  session?: SqlSession;
  /** Says what the job left behind on the server, asking the session while it still lives. Bounded, never rejects. */
  aftermath?: (session: SqlSession | undefined) => Promise<void>;
  discard?: () => Promise<unknown>;
}

/** How long device threads may take to leave VDI after SignalAbort, ms; then Close is unsafe and is not called. */
const joinTimeoutMs = 5000;
/** How long SQL Server may take to end the statement by itself before it gets an attention, ms. */
const answerTimeoutMs = 3000;
/** How long it may take to answer the attention, ms. */
const cancelTimeoutMs = 2000;

/** What could not be cleaned up, in words for the user. */
export async function teardown(parts: JobParts, abort: Abort): Promise<string[]> {
  const left = await endStatement(parts, abort);
  if (parts.discard && (await parts.discard()) === false)
    left.push('a .partial file could not be removed');
  await parts.aftermath?.(abort.hurried ? undefined : parts.session);
  await parts.session?.close();
  return left;
}

/** Ends the statement that failed and its devices; the session lives on. What could not be cleaned up. */
export async function endStatement(parts: JobParts, abort: Abort): Promise<string[]> {
  const left: string[] = [];
  if (parts.devices && !(await closeDevices(parts.devices))) {
    left.push('a virtual device did not answer the abort; its device set was not closed');
  }
  // A statement that still waits for a lock or a worker has not seen the devices and would never hear of their end.
  if (!parts.opened) parts.statement?.cancel();
  await awaitStatement(parts.statement, abort);
  delete parts.devices;
  delete parts.statement;
  return left;
}

async function closeDevices(devices: VirtualDeviceSet): Promise<boolean> {
  await devices.abort();
  const joined = (await within(devices.ended, joinTimeoutMs)) !== undefined;
  if (joined) devices.close();
  else devices.abandon();
  return joined;
}

/** After an abort the server's own words are worth a short wait; a second Ctrl-C says they are not. */
async function awaitStatement(
  statement: RunningStatement | undefined,
  abort: Abort,
): Promise<void> {
  if (!statement) return;
  const hurried = new Promise<true>((resolve) => abort.onHurry(() => resolve(true)));
  const outcome = Promise.race([statement.outcome, hurried]);
  if (await within(outcome, answerTimeoutMs)) return;
  statement.cancel();
  await within(outcome, cancelTimeoutMs);
}
