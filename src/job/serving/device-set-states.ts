// How a set of served devices may go: every state, everything that can happen in it, and what is done then. Pure; who
// does it is ServedDevices. Two wires tell of one end, in any order: the devices (shared memory) and the statement (TDS).

/**
 * `made`: no device is served yet; `unused`: the statement succeeded all the same; `serving`; `succeeded`: the statement
 * has, while devices were served; `aborted`: the run is ending, and nothing that happens now is its cause.
 */
export type DeviceSetState = 'made' | 'unused' | 'serving' | 'succeeded' | 'aborted';

/**
 * What a device was given or gave is `whole` when all of it was durable and answered so, or when SQL Server alone says
 * how it ends (a restore); otherwise `short`.
 */
export type DeviceSetEvent =
  | 'serve'
  | 'statement-succeeded'
  | 'device-closed'
  | 'device-failed'
  | 'device-aborted'
  | 'no-words-whole'
  | 'no-words-short'
  | 'devices-overdue'
  | 'abort';

export type DeviceSetAction =
  | 'none'
  /** SQL Server's message is the root cause and arrives on the other wire, a little later. */
  | 'await-words'
  /** Devices must be closed by then or soon after; some servers abort them instead, or forget them. */
  | 'await-devices'
  /** What was durable before the success counts: the set is ended by us. */
  | 'end-set'
  | 'signal-abort'
  | 'raise-broken'
  | 'raise-server-abort'
  | 'raise-unused';

type Row = readonly [DeviceSetState, DeviceSetAction];

/** What is missing cannot happen there and changes nothing. */
export const deviceSetTable: Readonly<
  Record<DeviceSetState, Partial<Readonly<Record<DeviceSetEvent, Row>>>>
> = {
  made: {
    serve: ['serving', 'none'],
    'statement-succeeded': ['unused', 'await-devices'],
    abort: ['aborted', 'signal-abort'],
  },
  // Devices may be served while it is waited for them: the statement was fast.
  unused: {
    serve: ['succeeded', 'none'],
    'devices-overdue': ['unused', 'raise-unused'],
    abort: ['aborted', 'signal-abort'],
  },
  serving: {
    'statement-succeeded': ['succeeded', 'await-devices'],
    'device-failed': ['serving', 'raise-broken'],
    'device-aborted': ['serving', 'await-words'],
    'no-words-whole': ['serving', 'raise-server-abort'],
    'no-words-short': ['serving', 'raise-server-abort'],
    abort: ['aborted', 'signal-abort'],
  },
  succeeded: {
    'device-failed': ['succeeded', 'raise-broken'],
    'device-aborted': ['succeeded', 'await-words'],
    'no-words-short': ['succeeded', 'raise-server-abort'],
    'devices-overdue': ['succeeded', 'end-set'],
    abort: ['aborted', 'signal-abort'],
  },
  aborted: {},
};

export function nextOf(state: DeviceSetState, event: DeviceSetEvent): Row {
  return deviceSetTable[state][event] ?? [state, 'none'];
}
