// `{database}` and its like in a destination: what they stand for, and what a file name cannot hold.

import { createHash } from 'node:crypto';
import { foldedName } from '../../base/folded-name.ts';
import { windowsDevice } from '../../base/platform/windows-names.ts';
import { usageError } from '../usage-error.ts';

export const tokenNames = [
  'database',
  'type',
  'server',
  'instance',
  'timestamp',
  'stripe',
  'stripes',
] as const;
type TokenName = (typeof tokenNames)[number];
export type TokenValues = Readonly<Record<TokenName, string>>;

/** `{{` and `}}` stand for the braces themselves; a lone brace stands for itself. */
const token = /\{\{|\}\}|\{([^{}/\\]*)\}/g;

/** `hasTwin`: SQL Server has another database whose name a file system may not tell from `{database}`. */
export function expandTokens(template: string, values: TokenValues, hasTwin = false): string {
  return template.replaceAll(token, (text: string, name: string | undefined) => {
    if (name === undefined) return text.slice(1);
    if (isTokenName(name)) return fileNamePart(values[name], hasTwin && name === 'database');
    const known = tokenNames.map((each) => `{${each}}`).join(' ');
    throw usageError(
      'unknown-token',
      `unknown token ${text} in '${template}'`,
      `Known are ${known}; write {{ and }} for braces.`,
    );
  });
}

export function usesToken(template: string, name: TokenName): boolean {
  return [...template.matchAll(token)].some((match) => match[1] === name);
}

function isTokenName(name: string): name is TokenName {
  return (tokenNames as readonly string[]).includes(name);
}

/** Hexadecimal digits of the SHA-256 that tells two names apart: one in 4 billion pairs has the same. */
const tagDigits = 8;
/** Of folded names. */
const tagged = new RegExp(`~[0-9a-f]{${tagDigits}}$`);

/**
 * `text` as part of a file name, another one for every text: itself where every file system takes it, otherwise with
 * `_` for what Windows or Linux does not take, and a tag. A text that ends like a tag gets one too, and so do `hasTwin`
 * texts, which differ in what some file systems do not tell apart.
 */
export function fileNamePart(text: string, hasTwin = false): string {
  const replaced = withoutReserved(text);
  const isItsOwn = replaced === text && !hasTwin && !tagged.test(foldedName(text));
  return isItsOwn ? text : `${replaced}~${tagOf(text)}`;
}

function withoutReserved(text: string): string {
  const replaced = text
    .replaceAll(/[<>:"/\\|?*\p{Cc}\p{Surrogate}]/gu, '_')
    .replace(/[. ]+$/, (end) => '_'.repeat(end.length))
    .replace(windowsDevice, '$1_');
  return replaced === '' ? '_' : replaced;
}

function tagOf(text: string): string {
  // UTF-8 has one replacement for every half of a surrogate pair; a sysname may hold such halves.
  const bytes = Buffer.from(text, /\p{Surrogate}/u.test(text) ? 'utf16le' : 'utf8');
  return createHash('sha256').update(bytes).digest('hex').slice(0, tagDigits);
}

/** `YYYYMMDD_HHMMSS`. */
export function timestamp(ms: number, utc: boolean): string {
  const date = new Date(utc ? ms : ms - new Date(ms).getTimezoneOffset() * 60_000);
  const digits = date.toISOString().replaceAll(/[-:]/g, '');
  return `${digits.slice(0, 8)}_${digits.slice(9, 15)}`;
}
