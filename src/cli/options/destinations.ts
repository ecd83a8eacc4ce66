// The file operands -> one path per stripe.

import { maxDevices } from '../../base/platform/sql-server-limits.ts';
import { usageError } from '../usage-error.ts';
import { expandTokens, type TokenValues, usesToken } from './file-name-tokens.ts';
import { localPath } from './local-path.ts';
import { wholeNumber } from './option-values.ts';

const stdout = '-';

export interface DestinationFlags {
  readonly stripes?: string;
  readonly overwrite?: true;
  readonly sha256?: true;
}

interface Destinations {
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
  hasTwin = false,
): Destinations {
  if (templates.includes(stdout)) return toStdout(templates, flags);
  const all = spread(templates, flags.stripes);
  const names = all.map((template, index) => {
    const stripe = String(index + 1).padStart(String(all.length).length, '0');
    return expandTokens(template, { ...tokens, stripe, stripes: String(all.length) }, hasTwin);
  });
  const paths = names.map((name) => toPath(name, platform));
  return { paths, names };
}

function toStdout(templates: readonly string[], flags: DestinationFlags): Destinations {
  if (templates.length > 1) {
    throw usageError('stdout', "'-' (stdout) takes one stripe only: name no other file");
  }
  const clash = flags.sha256 ? '--sha256' : flags.overwrite ? '--overwrite' : undefined;
  if (clash) throw usageError('stdout', `${clash} needs a file, '-' is stdout`);
  if (flags.stripes !== undefined && wholeNumber('--stripes', flags.stripes, 1, maxDevices) > 1) {
    throw usageError('stdout', "--stripes needs files, '-' (stdout) takes one stripe only");
  }
  return { paths: [stdout], names: [stdout] };
}

/** One template per stripe: the files named, or one name with `{stripe}`, `--stripes` times. */
function spread(templates: readonly string[], stripes: string | undefined): readonly string[] {
  if (templates.length > maxDevices) {
    throw usageError(
      'too-many-files',
      `${templates.length} files, but a backup has at most ${maxDevices} stripes`,
    );
  }
  if (stripes === undefined) return templates;
  const count = wholeNumber('--stripes', stripes, 1, maxDevices);
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

function toPath(name: string, platform: NodeJS.Platform): string {
  if (name === '') throw usageError('file-name', 'a file name is empty');
  if (name.includes('\0')) throw usageError('file-name', 'a file name holds a NUL character');
  if (/(^|[/\\])\.{0,2}$/.test(name))
    throw usageError('file-name', `'${name}' names a folder, not a file`);
  return localPath(name, platform);
}
