import { readFileSync } from 'node:fs';

/** The version in package.json, which lies two or three folders above this file: compiled in one, bundled in the other. */
export const toolVersion: string = readVersion();

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
