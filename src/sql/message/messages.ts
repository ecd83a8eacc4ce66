// What SQL Server's messages mean, by number. Texts come in the login's language, so a number decides and a text is
// only searched for digits. Source of the numbers: sys.messages, vdi-contract §8 and §9.4.

import type { SqlMessage } from '../sql-session.js';

export const messageNumbers = {
  /** BACKUP/RESTORE … successfully processed n pages: the only proof of success. */
  success: 3014,
  percentProcessed: 3211,
  pagesProcessed: 4035,
  /** RESTORE VERIFYONLY: the backup set on file n is valid. */
  verified: 3262,
  /** BACKUP/RESTORE is terminating abnormally: always last, never the reason. */
  terminating: 3013,
} as const;

/**
 * What SQL Server reports on a device after an abort, never a root cause (18210's documentation):
 * ERROR_OPERATION_ABORTED, the same as an HRESULT, VD_E_ABORT.
 */
const abortCodes: readonly (number | undefined)[] = [995, 0x800703e3, 0x80770004];

/** Lowest severity of an error; below are information and warnings. */
const firstErrorSeverity = 11;

/** True for an error, false for information and warnings. */
export function isError(message: SqlMessage): boolean {
  return message.severity >= firstErrorSeverity;
}

/** Percent 0-100 of a Msg 3211, `undefined` for anything else. */
export function progressPercent(message: SqlMessage): number | undefined {
  if (message.number !== messageNumbers.percentProcessed) return undefined;
  const percent = /\d{1,3}/.exec(message.text)?.[0];
  return percent === undefined || Number(percent) > 100 ? undefined : Number(percent);
}

/** True when SQL Server said that the BACKUP or RESTORE succeeded. */
export function saysSuccess(messages: readonly SqlMessage[]): boolean {
  return messages.some(({ number }) => number === messageNumbers.success);
}

/** True when SQL Server said that the backup set is valid: VERIFYONLY knows no 3014. */
export function saysVerified(messages: readonly SqlMessage[]): boolean {
  return messages.some(({ number }) => number === messageNumbers.verified);
}

/** The messages an archive keeps in its trailer, in order: pages, success and errors, not the progress. */
export function messagesThatMatter(messages: readonly SqlMessage[]): readonly SqlMessage[] {
  return messages.filter(isNoteworthy);
}

const noteworthy: readonly number[] = [
  messageNumbers.success,
  messageNumbers.pagesProcessed,
  messageNumbers.verified,
];

export function isNoteworthy(message: Pick<SqlMessage, 'number' | 'severity'>): boolean {
  return noteworthy.includes(message.number) || message.severity >= firstErrorSeverity;
}

/** True when the message only reports that somebody aborted: look for the reason elsewhere. */
export function isAbortConsequence(message: SqlMessage): boolean {
  return abortCodes.includes(operatingSystemError(message));
}

/**
 * The error that explains the others: the first that is neither 3013 nor the consequence of an abort; failing that
 * the first consequence; failing that 3013. `undefined` when there is no error.
 */
export function rootCause(messages: readonly SqlMessage[]): SqlMessage | undefined {
  const errors = messages.filter(isError);
  const telling = errors.filter(({ number }) => number !== messageNumbers.terminating);
  return telling.find((message) => !isAbortConsequence(message)) ?? telling[0] ?? errors[0];
}

/**
 * The operating system's number inside a device message (3201, 3202, 3203, 3271, 18204, 18210 …): Win32 codes as they
 * are, HRESULTs unsigned (0x80770006), whether the server printed hex or signed decimal. `undefined` when there is none.
 */
export function operatingSystemError(message: SqlMessage): number | undefined {
  // Device and file names stand in quotes and may hold any digits; the code stands before its text in parentheses.
  const unquoted = message.text.replaceAll(/"[^"]*"|'[^']*'/g, ' ');
  const code = /(0x[0-9a-f]{1,8}|(?<![\w-])-?\d+)\s*\(/i.exec(unquoted)?.[1];
  return code === undefined ? undefined : Number(code) >>> 0;
}
