// Command line of the stand-in program.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseByteSize } from '../../src/base/byte-size.ts';
import type { DatabaseDescription, InstanceOptions, StreamSpec } from './instance.ts';
import type { TlsPolicy } from './prelogin.ts';

export const usage = `usage: node main.js [--port N] [--user sa] [--password X] [--tls required|supported|off]
  [--machine NAME] [--instance NAME] [--version 16.0.4135.4] [--edition NAME] [--no-complete] [--not-sysadmin]
  --database NAME=FILE.bak | NAME=generate:1GiB[:ratio] | NAME=recipe:FILE  [--database …]
`;

const optionTypes = {
  port: { type: 'string' },
  user: { type: 'string' },
  password: { type: 'string' },
  tls: { type: 'string' },
  machine: { type: 'string' },
  instance: { type: 'string' },
  version: { type: 'string' },
  edition: { type: 'string' },
  'no-complete': { type: 'boolean' },
  'not-sysadmin': { type: 'boolean' },
  database: { type: 'string', multiple: true },
} as const;

const policies: readonly TlsPolicy[] = ['required', 'supported', 'off'];

export function parseStandinArguments(args: readonly string[]): InstanceOptions & { port: number } {
  const { values } = parseArgs({ args: [...args], options: optionTypes, strict: true });
  const tls = policies.find((policy) => policy === (values.tls ?? 'supported'));
  if (!tls) throw new Error(`--tls: ${values.tls} is none of ${policies.join(', ')}`);
  const port = Number(values.port ?? 0);
  if (!(Number.isInteger(port) && port >= 0 && port < 65_536)) {
    throw new Error(`--port: ${values.port} is not a port`);
  }
  return {
    port,
    tls,
    login: { user: values.user ?? 'sa', password: values.password ?? 'Stand-in-1' },
    ...(values.machine !== undefined && { machineName: values.machine }),
    ...(values.instance !== undefined && { instance: values.instance }),
    ...(values.version !== undefined && { version: values.version }),
    ...(values.edition !== undefined && { edition: values.edition }),
    completeEnabled: !values['no-complete'],
    sysadmin: !values['not-sysadmin'],
    databases: (values.database ?? []).map(parseDatabase),
  };
}

function parseDatabase(text: string): DatabaseDescription {
  const equals = text.indexOf('=');
  if (equals < 1) throw new Error(`--database: ${text} is not NAME=SOURCE`);
  return {
    name: text.slice(0, equals),
    hasFullBackup: true,
    streams: parseSource(text.slice(equals + 1)),
  };
}

function parseSource(source: string): StreamSpec {
  const [kind, first = '', second] = source.split(':');
  if (kind === 'generate') {
    const bytes = parseByteSize(first);
    if (bytes === undefined) throw new Error(`--database: ${first} is not a size`);
    return { kind, bytes, ...(second !== undefined && { ratio: Number(second) }) };
  }
  const isRecipe = source.startsWith('recipe:');
  const path = resolve(isRecipe ? source.slice('recipe:'.length) : source);
  if (!existsSync(path)) throw new Error(`--database: there is no file ${path}`);
  return { kind: isRecipe ? 'recipe' : 'file', path };
}
