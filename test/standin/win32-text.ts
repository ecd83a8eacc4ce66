// Operating system error texts, as SQL Server puts them behind the number.

const texts: Readonly<Record<number, string>> = {
  5: 'Access is denied.',
  13: 'The data is invalid.',
  29: 'The system cannot write to the specified device.',
  30: 'The system cannot read from the specified device.',
  38: 'Reached the end of the file.',
  39: 'The disk is full.',
  50: 'The request is not supported.',
  109: 'The pipe has been ended.',
  112: 'There is not enough space on the disk.',
  232: 'The pipe is being closed.',
  995: 'The I/O operation has been aborted because of either a thread exit or an application request.',
  1100: 'The physical end of the tape has been reached.',
  1104: 'No more data is on the tape.',
  1117: 'The request could not be performed because of an I/O device error.',
  1223: 'The operation was canceled by the user.',
  1450: 'Insufficient system resources exist to complete the requested service.',
};

export function operatingSystemError(code: number): string {
  const shown = code > 0x7fff_ffff ? `0x${code.toString(16)}` : String(code);
  const text = texts[code] ?? 'failed to retrieve text for this error. Reason: 15105';
  return `${shown}(${text})`;
}
