// `{database}` and its like in a destination: what they stand for, and what a file name cannot hold.

import { usageError } from '../usage-error.js';

export const tokenNames = [
  'database',
  'type',
  'server',
  'instance',
  'timestamp',
  'stripe',
  'stripes',
] as const;
export type TokenName = (typeof tokenNames)[number];
export type TokenValues = Readonly<Record<TokenName, string>>;

/** `{{` and `}}` stand for the braces themselves; a lone brace stands for itself. */
const token = /\{\{|\}\}|\{([^{}/\\]*)\}/g;

export function expandTokens(template: string, values: TokenValues): string {
  return template.replaceAll(token, (text: string, name: string | undefined) => {
    if (name === undefined) return text.slice(1);
    if (isTokenName(name)) return fileNamePart(values[name]);
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

/** Names Windows keeps for devices, with or without an extension. */
const reserved = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=$|\.)/i;

/** `text` with `_` for everything that no file system, or Windows, takes in a file name. */
export function fileNamePart(text: string): string {
  const replaced = text
    .replaceAll(/[<>:"/\\|?*\p{Cc}]/gu, '_')
    .replace(/[. ]+$/, (end) => '_'.repeat(end.length))
    .replace(reserved, '$1_');
  return replaced === '' ? '_' : replaced;
}

/** `YYYYMMDD_HHMMSS`. */
export function timestamp(ms: number, utc: boolean): string {
  const date = new Date(utc ? ms : ms - new Date(ms).getTimezoneOffset() * 60_000);
  const digits = date.toISOString().replaceAll(/[-:]/g, '');
  return `${digits.slice(0, 8)}_${digits.slice(9, 15)}`;
}
