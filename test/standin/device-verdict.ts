// What SQL Server says about the way a device set ended. Pure.
import { backupMessages } from './backup-message.ts';
import { DeviceFailure } from './device-failure.ts';
import type { CompletionError, DeviceSetEnd } from './device-set-link.ts';
import { type Fault, raised } from './fault.ts';

export interface EndOfWork {
  readonly isBackup: boolean;
  readonly names: readonly string[];
  readonly database: string;
  readonly errors: readonly CompletionError[];
  readonly fault: Fault;
  /** True when an attention or a lost connection ended it. */
  readonly aborted: boolean;
}

const endOfFile = 38;
const operationAborted = 995;

/** `undefined` when the devices ended well. */
export function failureOf(end: DeviceSetEnd, work: EndOfWork): DeviceFailure | undefined {
  const { database, fault } = work;
  const isTooLate = fault['abort-too-late'] || fault['lose-3014'] !== undefined;
  if (isTooLate && end.status === 'aborted') return undefined;
  if (fault['lose-3014'] !== undefined && end.status === 'ok') return undefined;
  if (work.aborted) return new DeviceFailure([backupMessages.aborted()]);
  if (end.status === 'ok') return undefined;
  if (end.status !== 'failed') return abortFailure(end, work);
  const error = work.errors.find(({ command, win32 }) => command !== 'Read' || win32 !== endOfFile);
  if (error) return completionFailure(error, work.names);
  if (fault['error-at'] !== undefined) {
    return fault.error
      ? raised(fault.error)
      : new DeviceFailure([backupMessages.badPage(database)]);
  }
  if (end.by === 'server') return new DeviceFailure([backupMessages.noConfiguration()]);
  return abortFailure(end, work);
}

function abortFailure(end: DeviceSetEnd, { isBackup, names }: EndOfWork): DeviceFailure {
  const device = names[0] ?? '';
  if (end.status === 'lost') {
    const what = isBackup ? 'write ' : 'read ';
    return new DeviceFailure([
      backupMessages.deviceFailure('BackupIoRequest::ReportIoError', device, what),
      backupMessages.nonrecoverable(device),
    ]);
  }
  if (end.bytes === 0) {
    const routine = 'BackupVirtualDeviceSet::AllocateBuffer';
    return new DeviceFailure([backupMessages.deviceFailure(routine, device, '')]);
  }
  const failed = isBackup ? backupMessages.writeFailed : backupMessages.readFailed;
  return new DeviceFailure([
    failed(device, operationAborted),
    backupMessages.nonrecoverable(device),
  ]);
}

function completionFailure(error: CompletionError, names: readonly string[]): DeviceFailure {
  const device = names[error.device] ?? '';
  if (error.command === 'Write') {
    return new DeviceFailure([backupMessages.writeFailed(device, error.win32)]);
  }
  if (error.command === 'Read') {
    return new DeviceFailure([backupMessages.readFailed(device, error.win32)]);
  }
  const routine = 'BackupVirtualDeviceFile::RequestDurableMedia';
  return new DeviceFailure([backupMessages.deviceFailure(routine, device, 'Flush ', error.win32)]);
}
