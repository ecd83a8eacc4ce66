// The Win32 code that tells SQL Server why a device command failed: the failure's own, where it has one.

import { Failure } from '../base/errors.ts';
import { ERROR_IO_DEVICE, ERROR_READ_FAULT } from '../base/platform/win32.ts';

/** Of a Write, Flush or Complete. */
export function completionCode(failure: Error): number {
  return ownCode(failure) ?? ERROR_IO_DEVICE;
}

/** Of a Read; never an end of file. */
export function readFailureCode(failure: Error): number {
  return ownCode(failure) ?? ERROR_READ_FAULT;
}

function ownCode(failure: Error): number | undefined {
  return failure instanceof Failure ? failure.win32 : undefined;
}
