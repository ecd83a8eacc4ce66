// sqlcmd's letters, SQLCMD* and VDIBACKUP_CONNECTION_STRING -> how to reach and log in to the instance.
// Each word is taken from the first of these that has it: command line, SQLCMD*, connection string.

import type { JobEvent } from '../../base/events.js';
import type { SqlConnectionSettings } from '../../job/request/backup-request.js';
import { readPasswordFile } from '../password-file.js';
import type { Surroundings } from '../surroundings.js';
import { usageError } from '../usage-error.js';
import { type ConnectionWords, parseConnectionString, yesOrNo } from './connection-string.js';
import { oneOf, wholeNumber } from './option-values.js';
import { parseServerName } from './server-name.js';

export interface ConnectionFlags {
  readonly server?: string;
  readonly integrated?: true;
  readonly user?: string;
  readonly password?: string;
  readonly passwordFile?: string;
  readonly trustServerCertificate?: true;
  readonly encrypt?: string;
  readonly hostNameInCertificate?: string;
  readonly loginTimeout?: string;
  readonly workstation?: string;
  readonly applicationIntent?: string;
}

/** sqlcmd's default and range for `-l`, in seconds; 0 = no limit. */
const defaultLoginTimeout = '8';
const maxLoginTimeout = 65_534;

type Warn = (event: Extract<JobEvent, { event: 'warning' }>) => void;
type Around = Pick<Surroundings, 'env' | 'platform' | 'redactor' | 'askPassword'>;

/** Where to connect and how; not yet as whom. */
export type ConnectionTarget = Omit<SqlConnectionSettings, 'login' | 'integrated'>;

export interface Connection {
  readonly target: ConnectionTarget;
  /** Decides who logs in; may ask a person, so it comes after everything that can be wrong. */
  login(warn: Warn): Promise<Login>;
}

export type Login = Pick<SqlConnectionSettings, 'login' | 'integrated'>;

export function connection(flags: ConnectionFlags, around: Around): Connection {
  const words = connectionWords(around);
  checkTogether(flags);
  return {
    target: connectionTarget(flags, around.env, words),
    login: (warn) => login(flags, words, around, warn),
  };
}

function connectionTarget(
  flags: ConnectionFlags,
  env: Around['env'],
  words: ConnectionWords,
): ConnectionTarget {
  return {
    ...parseServerName(flags.server ?? (env.SQLCMDSERVER || words.server || '.')),
    encrypt: encryption(flags.encrypt ?? words.encrypt ?? 'm'),
    trustServerCertificate:
      flags.trustServerCertificate ??
      yesOrNo('TrustServerCertificate', words.trustServerCertificate ?? 'no'),
    loginTimeout: loginTimeout(flags, env, words),
    ...definedOnly({
      hostNameInCertificate: flags.hostNameInCertificate ?? words.hostNameInCertificate,
      workstation: flags.workstation ?? words.workstation,
      applicationIntent: intent(flags.applicationIntent ?? words.applicationIntent),
    }),
  };
}

function connectionWords({ env, redactor }: Around): ConnectionWords {
  const text = env.VDIBACKUP_CONNECTION_STRING;
  if (!text) return {};
  redactor.add(text);
  const words = parseConnectionString(text);
  redactor.add(words.password);
  const method = words.authentication?.toLowerCase().replaceAll(/\s/g, '') || 'sqlpassword';
  if (method === 'sqlpassword') return words;
  throw usageError(
    'connection-string',
    'Authentication in VDIBACKUP_CONNECTION_STRING must be SqlPassword',
  );
}

function loginTimeout(flags: ConnectionFlags, env: Around['env'], words: ConnectionWords): number {
  if (flags.loginTimeout !== undefined) {
    return wholeNumber('-l', flags.loginTimeout, 0, maxLoginTimeout);
  }
  if (env.SQLCMDLOGINTIMEOUT) {
    return wholeNumber('SQLCMDLOGINTIMEOUT', env.SQLCMDLOGINTIMEOUT, 0, maxLoginTimeout);
  }
  const seconds = words.loginTimeout || defaultLoginTimeout;
  return wholeNumber('Connect Timeout', seconds, 0, maxLoginTimeout);
}

const encryptions: Record<string, SqlConnectionSettings['encrypt']> = {
  s: 'strict',
  strict: 'strict',
  m: 'mandatory',
  mandatory: 'mandatory',
  true: 'mandatory',
  yes: 'mandatory',
  o: 'optional',
  optional: 'optional',
  false: 'optional',
  no: 'optional',
};

/** True when `text` can follow `-N` as a word of its own. */
export function isEncryption(text: string): boolean {
  return Object.hasOwn(encryptions, text.toLowerCase());
}

function encryption(text: string): SqlConnectionSettings['encrypt'] {
  const mode = isEncryption(text) ? encryptions[text.toLowerCase()] : undefined;
  if (mode) return mode;
  throw usageError(
    'invalid-value',
    `-N must be followed by s (strict), m (mandatory) or o (optional), not '${text}'`,
  );
}

function intent(text: string | undefined): SqlConnectionSettings['applicationIntent'] {
  if (text === undefined) return undefined;
  const word = oneOf('-K', text, ['readonly', 'readwrite']);
  return word === 'readonly' ? 'ReadOnly' : 'ReadWrite';
}

async function login(
  flags: ConnectionFlags,
  words: ConnectionWords,
  around: Around,
  warn: Warn,
): Promise<Login> {
  if (flags.integrated) return { integrated: true };
  const user = flags.user ?? (around.env.SQLCMDUSER || undefined);
  const isWindowsLogin = yesOrNo('Integrated Security', words.integrated ?? 'no');
  if (user === undefined && isWindowsLogin) return { integrated: true };
  const anyUser = user ?? (words.user || undefined);
  if (anyUser === undefined) return withoutUser(flags, around.platform);
  const password =
    givenPassword(flags, around, warn) ??
    knownPassword(anyUser, words) ??
    (await askedPassword(anyUser, around));
  around.redactor.add(password);
  return { integrated: false, login: { user: anyUser, password } };
}

function checkTogether({ integrated, user, password, passwordFile }: ConnectionFlags): void {
  if (integrated && (user ?? password ?? passwordFile) !== undefined) {
    throw usageError(
      'conflicting-options',
      '-E (Windows login) excludes -U, -P and --password-file',
    );
  }
  if (password !== undefined && passwordFile !== undefined) {
    throw usageError('conflicting-options', '-P and --password-file exclude each other');
  }
}

function withoutUser(flags: ConnectionFlags, platform: NodeJS.Platform): Login {
  if ((flags.password ?? flags.passwordFile) !== undefined) {
    throw usageError(
      'no-login',
      'a password without a user',
      'Name the user with -U or SQLCMDUSER.',
    );
  }
  if (platform === 'win32') return { integrated: true };
  throw usageError(
    'no-login',
    'no login given',
    'Use -U with -P or --password-file, or set SQLCMDUSER and SQLCMDPASSWORD.',
  );
}

function givenPassword(flags: ConnectionFlags, around: Around, warn: Warn): string | undefined {
  if (flags.password !== undefined) {
    warn({
      event: 'warning',
      code: 'password-on-command-line',
      message:
        'the password is on the command line, where every user of this machine can read it; use SQLCMDPASSWORD or --password-file',
    });
    return flags.password;
  }
  if (flags.passwordFile === undefined) return around.env.SQLCMDPASSWORD || undefined;
  const { password, exposed } = readPasswordFile(flags.passwordFile);
  if (exposed && around.platform !== 'win32') {
    const message = `other users may read --password-file '${flags.passwordFile}'; chmod 600 closes it`;
    warn({ event: 'warning', code: 'password-file-exposed', message });
  }
  return password;
}

/** The connection string's password, unless it belongs to another user than the one who logs in. */
function knownPassword(user: string, words: ConnectionWords): string | undefined {
  return words.user === undefined || words.user === user ? words.password : undefined;
}

async function askedPassword(user: string, { askPassword }: Around): Promise<string> {
  if (askPassword) return askPassword(`Password of ${user}: `);
  throw usageError(
    'no-password',
    `no password for user '${user}'`,
    'Set SQLCMDPASSWORD, or use --password-file; without a terminal nobody can be asked.',
  );
}

/** `object` without its undefined properties: an absent word is absent, not undefined. */
export function definedOnly<T extends object>(
  object: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const defined = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
