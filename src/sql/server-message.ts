// A message of SQL Server where it enters the program: from here on it holds no secret, wherever it is kept or shown
// (a server may repeat what it was given). Scrubbed here and not where it is printed, because what comes after cuts it:
// a final period, the middle of a text too long for the trailer of an archive.

import type { Scrub, SqlMessage } from './sql-session.ts';

/**
 * `message` without secrets. The digits in it decide what it means (operating system errors, percent, sizes), and a secret
 * that happens to be "112" must not change that: they are looked for in `sentText`.
 */
export function heardMessage(message: Omit<SqlMessage, 'sent'>, scrub: Scrub): SqlMessage {
  const text = scrub(message.text);
  if (text === message.text) return message;
  // Not enumerable: nobody takes it along with the rest of the message.
  return Object.defineProperty({ ...message, text }, 'sent', { value: message.text });
}

/** As the server sent it: to be read by code, never to be shown. */
export function sentText({ sent, text }: SqlMessage): string {
  return sent ?? text;
}
