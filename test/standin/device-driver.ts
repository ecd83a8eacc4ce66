// Drives one device set over the control channel, from `begin` to its end. What the end means is device-verdict.ts.
import { backupMessages } from './backup-message.ts';
import type { ControlChannel } from './control-channel.ts';
import type { ControlValue } from './control-line.ts';
import { DeviceFailure } from './device-failure.ts';
import type { DeviceOptions } from './device-options.ts';
import type { DeviceSetEnd, DeviceSetLink } from './device-set-link.ts';
import { deviceFaultValues, type Fault } from './fault.ts';
import type { ActiveRequest, Instance } from './instance.ts';
import { pause } from './pause.ts';
import type { ServerMessage } from './sql-error.ts';

export interface DeviceWork {
  readonly values: Readonly<Record<string, ControlValue>>;
  /** Bytes to expect; 0 while that is not known. */
  readonly total: () => Promise<number>;
  readonly request?: ActiveRequest;
}

export interface DriverContext {
  readonly control: ControlChannel;
  readonly fault: Fault;
  readonly signal: AbortSignal;
  readonly vanish: () => void;
  readonly swallow: () => void;
}

type DriveContext = DriverContext & {
  readonly instance: Instance;
  readonly say: (message: ServerMessage) => void;
};

const requestComplete = 0x2000;
const deviceNotAccessible = 0x8077_0006;
const abortPatience = 2000;

/** The client's device set of that name; throws DeviceFailure with Msg 3201 when there is none. */
export async function openDeviceSet(name: string, context: DriverContext): Promise<DeviceSetLink> {
  const { control, fault, signal, vanish } = context;
  await pause(fault['delay-begin'] ?? 0, signal);
  if (fault['vanish-at'] === 0) vanish();
  const link = await control.find(name);
  if (signal.aborted) throw new DeviceFailure([backupMessages.aborted()]);
  if (!link) throw new DeviceFailure([backupMessages.cannotOpen(name, deviceNotAccessible)]);
  return link;
}

export async function driveDeviceSet(
  link: DeviceSetLink,
  options: DeviceOptions,
  work: DeviceWork,
  context: DriveContext,
): Promise<DeviceSetEnd> {
  const { fault, instance, signal, vanish, swallow } = context;
  const wantsComplete = (link.features & requestComplete) !== 0;
  link.onProgress = progressReporter(options.stats, work, context);
  link.onCompleted = () => {
    if (fault['lose-3014'] === 'reset-at-complete') vanish();
    if (fault['lose-3014'] === 'swallow') swallow();
  };
  const keepsSet = fault['vanish-keeps-set'] || fault['lose-3014'] !== undefined;
  const abort = () => {
    if (!keepsSet || signal.reason !== 'disconnected') link.abort();
  };
  signal.addEventListener('abort', abort, { once: true });
  link.begin({
    ...work.values,
    blocksize: options.blockSize,
    transfersize: options.transferSize,
    buffers: options.buffers,
    complete: instance.completeEnabled && wantsComplete ? 1 : 0,
    ...deviceFaultValues(fault),
  });
  try {
    return await untilEnd(link, signal);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

// After an abort by the server the native half has to say `ended`; a broken client shall not hold the session.
async function untilEnd(link: DeviceSetLink, signal: AbortSignal): Promise<DeviceSetEnd> {
  let timer: NodeJS.Timeout | undefined;
  const givenUp = new Promise<DeviceSetEnd>((resolve) => {
    const giveUp = () => resolve({ status: 'aborted', by: 'server', bytes: link.bytes });
    const start = () => {
      timer = setTimeout(giveUp, abortPatience);
    };
    signal.addEventListener('abort', start, { once: true });
  });
  const end = await Promise.race([link.ended, givenUp]);
  clearTimeout(timer);
  return end;
}

function progressReporter(
  stats: number | undefined,
  { total, request }: DeviceWork,
  { fault, vanish, say }: DriveContext,
): (bytes: number) => void {
  let said = 0;
  let known = 0;
  let asking = false;
  const ask = async () => {
    asking = true;
    known = await total().catch(() => 0);
    asking = false;
  };
  const report = (bytes: number) => {
    const percent = known > 0 ? Math.floor((bytes * 100) / known) : 0;
    if (request) request.percent = Math.min(100, percent);
    while (stats && said + stats <= percent && said + stats < 100) {
      said += stats;
      say(backupMessages.percent(said));
    }
  };
  let latest = 0;
  return (bytes) => {
    const vanishAt = fault['vanish-at'];
    if (vanishAt !== undefined && bytes >= vanishAt) vanish();
    latest = bytes;
    if (known > 0) report(bytes);
    else if (!asking)
      ask().then(
        () => report(latest),
        () => undefined,
      );
  };
}
