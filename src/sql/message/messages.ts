// What SQL Server's messages mean, by number. Texts come in the login's language, so a number decides and a text is
// only searched for digits. Source of the numbers: sys.messages, and Microsoft Learn's lists of errors.

import type { SqlMessageEvent } from '../../base/events.ts';
import { ERROR_OPERATION_ABORTED } from '../../base/platform/win32.ts';
import { sentText } from '../server-message.ts';
import type { SqlMessage } from '../sql-session.ts';
import { damageNotice } from './damage-notice.ts';

export const messageNumbers = {
  /** BACKUP/RESTORE … successfully processed n pages: the only proof of success, but for that of master. */
  success: 3014,
  /** The master database has been successfully restored. Shutting down SQL Server: no 3014, and no more connection. */
  masterRestored: 3150,
  percentProcessed: 3211,
  pagesProcessed: 4035,
  /** RESTORE VERIFYONLY: the backup set on file n is valid. */
  verified: 3262,
  /** BACKUP/RESTORE is terminating abnormally: always last, never the reason. */
  terminating: 3013,
  /** The history could not be written to msdb; "does not indicate a problem with the backup or restore operation". */
  historyNotWritten: 3009,
} as const;

const successes: readonly number[] = [messageNumbers.success, messageNumbers.masterRestored];

/**
 * What SQL Server reports on a device after an abort, never a root cause (18210's documentation):
 * ERROR_OPERATION_ABORTED, the same as an HRESULT, VD_E_ABORT.
 */
const abortCodes: readonly (number | undefined)[] = [
  ERROR_OPERATION_ABORTED,
  0x800703e3,
  0x80770004,
];

/** Lowest severity of an error; below are information and warnings. */
const firstErrorSeverity = 11;

/** From here on an error ends the session, whatever its statement had come to (Database Engine error severities). */
const firstSessionSeverity = 20;

/** True for an error, false for information and warnings. */
export function isError(message: SqlMessage): boolean {
  return message.severity >= firstErrorSeverity;
}

/** Percent 0-100 of a Msg 3211, `undefined` for anything else. */
export function progressPercent(message: SqlMessage): number | undefined {
  if (message.number !== messageNumbers.percentProcessed) return undefined;
  const percent = /\d{1,3}/.exec(sentText(message))?.[0];
  return percent === undefined || Number(percent) > 100 ? undefined : Number(percent);
}

/**
 * What SQL Server said of the end of a BACKUP or RESTORE. `success`: Msg 3014, or 3150 of master. `failure`: an error of the statement.
 * `contradiction`: 3014, but also 3013, or an error of the statement after it. `none`: neither; the statement may have
 * done its work all the same.
 *
 * An error before 3014 is no contradiction: 3014 is SQL Server's last word. A 3013 is one wherever it stands, because ODBC
 * may hand on errors first. Errors beside 3009 are msdb's own: they say why the history could not be written. An error
 * that ends the session (596, a shutdown) says nothing of a statement that is not terminated by 3013.
 */
export type Verdict = 'success' | 'failure' | 'contradiction' | 'none';

export function verdictOf(messages: readonly SqlMessage[]): Verdict {
  const succeeded = messages.findLastIndex(({ number }) => successes.includes(number));
  const isDenied = deniesSuccess(messages.slice(succeeded + 1)) || isTerminated(messages);
  if (succeeded >= 0) return isDenied ? 'contradiction' : 'success';
  return isDenied ? 'failure' : 'none';
}

function isTerminated(messages: readonly SqlMessage[]): boolean {
  return messages.some(({ number }) => number === messageNumbers.terminating);
}

function deniesSuccess(messages: readonly SqlMessage[]): boolean {
  if (messages.some(({ number }) => number === messageNumbers.historyNotWritten)) return false;
  return messages.some((message) => isError(message) && message.severity < firstSessionSeverity);
}

/** True when SQL Server said that the backup set is valid: VERIFYONLY knows no 3014. */
export function saysVerified(messages: readonly SqlMessage[]): boolean {
  return messages.some(({ number }) => number === messageNumbers.verified);
}

/** The messages an archive keeps in its trailer, in order: pages, success, damage and errors, not the progress. */
export function messagesThatMatter(messages: readonly SqlMessage[]): readonly SqlMessage[] {
  return messages.filter(isNoteworthy);
}

const noteworthy: readonly number[] = [
  ...successes,
  messageNumbers.pagesProcessed,
  messageNumbers.verified,
];

export function isNoteworthy(message: Pick<SqlMessage, 'number' | 'severity'>): boolean {
  const isNoted = noteworthy.includes(message.number) || damageNotice(message) !== undefined;
  return isNoted || message.severity >= firstErrorSeverity;
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
 * Names of devices and files stand in quotes and may hold any digits. An apostrophe between letters is no quote: in French
 * and Italian it is a part of the sentence (l'arrêt), and in a name a part of that (O'Hara).
 */
const quotedName =
  /"[^"]*"|(?<![\p{sc=Latin}\d])'(?:[^']|'(?=[\p{sc=Latin}\d]))*'(?![\p{sc=Latin}\d])/gu;

/** The code stands before its text, which is in parentheses, or (Msg 5120) behind a colon and in quotes. */
const codeForms = [
  /(0x[0-9a-f]{1,8}|(?<![\w-])-?\d+)\s*\(/gi,
  /(0x[0-9a-f]{1,8}|(?<![\w-])-?\d+)\s*:\s*""/gi,
];

/**
 * The operating system's number inside a message about a device or file (3201, 3202, 3203, 3271, 5120, 5123, 18204,
 * 18210 …): Win32 codes as they are, HRESULTs unsigned (0x80770006), whether the server printed hex or signed decimal.
 * `undefined` when there is none.
 */
export function operatingSystemError(message: SqlMessage): number | undefined {
  const unquoted = sentText(message).replaceAll(quotedName, '""');
  const codes = codeForms.map((form) => [...unquoted.matchAll(form)].at(-1)?.[1]);
  const code = codes.find((found) => found !== undefined);
  return code === undefined ? undefined : Number(code) >>> 0;
}

/** What of a message goes into events and records. */
export function messageEvent({ number, severity, text }: SqlMessage): SqlMessageEvent {
  return { number, severity, text };
}
