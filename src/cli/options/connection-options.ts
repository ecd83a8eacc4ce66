// sqlcmd's letters, SQLCMD* and VDIBACKUP_CONNECTION_STRING -> how to reach and log in to the instance.
// Each word is taken from the first of these that has it: command line, SQLCMD*, connection string.

import type { JobEvent } from '../../base/events.ts';
import { printable } from '../../base/printable.ts';
import type { SqlConnectionSettings } from '../../job/request/backup-request.ts';
import { readPasswordFile } from '../secrets/password-file.ts';
import type { Surroundings } from '../surroundings.ts';
import { usageError } from '../usage-error.ts';
import { type ConnectionWords, parseConnectionString, yesOrNo } from './connection-string.ts';
import { definedOnly } from './defined-only.ts';
import { oneOf, wholeNumber } from './option-values.ts';
import { parseServerName } from './server-name.ts';

export interface ConnectionFlags {
  readonly server?: string;
  readonly integrated?: true;
  readonly user?: string;
  readonly password?: string;
  readonly passwordFile?: string;
  readonly trustServerCertificate?: true;
  readonly trustListener?: true;
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
type Around = Pick<Surroundings, 'env' | 'platform' | 'redactor' | 'askPassword' | 'abort'>;

/** Where to connect and how; not yet as whom. */
type ConnectionTarget = Omit<SqlConnectionSettings, 'login' | 'integrated'>;

export interface Connection {
  readonly target: ConnectionTarget;
  /** Decides who logs in; may ask a person, so it comes after everything that can be wrong. */
  login(warn: Warn): Promise<Login>;
}

export type Login = Pick<SqlConnectionSettings, 'login' | 'integrated'>;

export function connection(flags: ConnectionFlags, around: Around): Connection {
  const words = connectionWords(around);
  checkTogether(flags);
  const target = connectionTarget(flags, around, words);
  return {
    target,
    login: async (warn) => {
      const chosen = await login(flags, words, around, warn);
      if (chosen.login && target.encrypt === 'optional') warn(passwordMayShow);
      return chosen;
    },
  };
}

/** MS-TDS 2.2.6.5: the answer to PRELOGIN is in clear, and whoever changes it decides. */
const passwordMayShow = {
  event: 'warning',
  code: 'login-may-be-readable',
  message:
    '-N o encrypts the login only if the other end can: whoever is on the way can say no, and read user and password; -N m sends no login then',
} as const;

function connectionTarget(
  flags: ConnectionFlags,
  { env, redactor }: Around,
  words: ConnectionWords,
): ConnectionTarget {
  return {
    ...parseServerName(flags.server ?? (env.SQLCMDSERVER || words.server || '.')),
    encrypt: encryption(flags.encrypt ?? words.encrypt ?? 'm'),
    trustServerCertificate:
      flags.trustServerCertificate ??
      yesOrNo('TrustServerCertificate', words.trustServerCertificate ?? 'no'),
    loginTimeout: loginTimeout(flags, env, words),
    scrub: (text) => redactor.scrub(text),
    ...definedOnly({
      trustListener: flags.trustListener,
      hostNameInCertificate: flags.hostNameInCertificate ?? words.hostNameInCertificate,
      workstation: flags.workstation ?? words.workstation,
      applicationIntent: intent(flags.applicationIntent ?? words.applicationIntent),
    }),
  };
}

function connectionWords({ env }: Around): ConnectionWords {
  const text = env.VDIBACKUP_CONNECTION_STRING;
  if (!text) return {};
  const words = parseConnectionString(text);
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
    (await givenPassword(flags, around, warn)) ??
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

const instead = 'use SQLCMDPASSWORD or --password-file';
const passwordStays = `the password is on the command line, where other users of this machine can read it; ${instead}`;
/** main.ts takes it off. */
const passwordWasThere = `the password was on the command line until vdibackup had started, where other users of this machine could read it, and shells keep it; ${instead}`;

async function givenPassword(
  flags: ConnectionFlags,
  around: Around,
  warn: Warn,
): Promise<string | undefined> {
  if (flags.password !== undefined) {
    warn({
      event: 'warning',
      code: 'password-on-command-line',
      message: around.platform === 'win32' ? passwordStays : passwordWasThere,
    });
    return flags.password;
  }
  if (flags.passwordFile === undefined) return around.env.SQLCMDPASSWORD || undefined;
  const { password, exposed } = await readPasswordFile(flags.passwordFile, around.abort);
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
  if (askPassword) return askPassword(`Password of ${printable(user)}: `);
  throw usageError(
    'no-password',
    `no password for user '${user}'`,
    'Set SQLCMDPASSWORD, or use --password-file; without a terminal nobody can be asked.',
  );
}
