// The file operands -> one path per stripe.

import { resolve } from 'node:path';
import { usageError } from '../usage-error.js';
import { expandTokens, type TokenValues, usesToken } from './file-name-tokens.js';
import { wholeNumber } from './option-values.js';

/** SQL Server's limit of devices of one backup. */
export const maxStripes = 64;
const stdout = '-';

export interface DestinationFlags {
  readonly stripes?: string;
  readonly overwrite?: true;
  readonly sha256?: true;
}

export interface Destinations {
  /** Absolute, or a single `-`. */
  readonly paths: readonly string[];
  /** In the words of the command line, tokens replaced. */
  readonly names: readonly string[];
}

type CommonTokens = Omit<TokenValues, 'stripe' | 'stripes'>;

export function destinations(
  templates: readonly string[],
  flags: DestinationFlags,
  tokens: CommonTokens,
  platform: NodeJS.Platform,
): Destinations {
  if (templates.includes(stdout)) return toStdout(templates, flags);
  const all = spread(templates, flags.stripes);
  const names = all.map((template, index) => {
    const stripe = String(index + 1).padStart(String(all.length).length, '0');
    return expandTokens(template, { ...tokens, stripe, stripes: String(all.length) });
  });
  const paths = names.map(toPath);
  refuseCollisions(paths, flags, platform);
  return { paths, names };
}

function toStdout(templates: readonly string[], flags: DestinationFlags): Destinations {
  if (templates.length > 1) {
    throw usageError('stdout', "'-' (stdout) takes one stripe only: name no other file");
  }
  const clash = flags.sha256 ? '--sha256' : flags.overwrite ? '--overwrite' : undefined;
  if (clash) throw usageError('stdout', `${clash} needs a file, '-' is stdout`);
  if (flags.stripes !== undefined && wholeNumber('--stripes', flags.stripes, 1, maxStripes) > 1) {
    throw usageError('stdout', "--stripes needs files, '-' (stdout) takes one stripe only");
  }
  return { paths: [stdout], names: [stdout] };
}

/** One template per stripe: the files named, or one name with `{stripe}`, `--stripes` times. */
function spread(templates: readonly string[], stripes: string | undefined): readonly string[] {
  if (templates.length > maxStripes) {
    throw usageError(
      'too-many-files',
      `${templates.length} files, but a backup has at most ${maxStripes} stripes`,
    );
  }
  if (stripes === undefined) return templates;
  const count = wholeNumber('--stripes', stripes, 1, maxStripes);
  const [template = ''] = templates;
  if (templates.length > 1) {
    throw usageError('stripes', '--stripes takes one file name, which holds {stripe}');
  }
  if (count > 1 && !usesToken(template, 'stripe')) {
    const hint = 'For example sales_{stripe}.bak.zst.';
    throw usageError('stripes', `--stripes ${count} needs {stripe} in the file name`, hint);
  }
  return Array.from({ length: count }, () => template);
}

function toPath(name: string): string {
  if (name === '') throw usageError('file-name', 'a file name is empty');
  if (name.includes('\0')) throw usageError('file-name', 'a file name holds a NUL character');
  if (/[/\\]$/.test(name)) throw usageError('file-name', `'${name}' names a folder, not a file`);
  return resolve(name);
}

/** Also of the names a file has on its way. */
function refuseCollisions(
  paths: readonly string[],
  flags: DestinationFlags,
  platform: NodeJS.Platform,
): void {
  const taken = new Set<string>();
  for (const path of paths) {
    const companions = flags.sha256 ? [`${path}.sha256`] : [];
    for (const claimed of [path, `${path}.partial`, ...companions]) {
      const key = platform === 'linux' ? claimed : claimed.toLowerCase();
      if (taken.has(key)) {
        throw usageError('file-collision', `two stripes would be written to '${claimed}'`);
      }
      taken.add(key);
    }
  }
}
