// Why a connection did not come about, in one sentence with the next step. The driver wraps the reason several times
// and never repeats the server's message number, so the whole chain and the messages of the login are looked at.

import { Failure } from '../../errors.js';
import type { SqlConnectionSettings, SqlMessage } from '../sql-session.js';
import { errorLogHint } from './device-message.js';
import { isError } from './messages.js';
import { spoken } from './statement-failure.js';

/** `error` of a failed connect as a `Failure('connection')`; `messages` are what the server said during the login. */
export function connectFailure(
  error: Error,
  messages: readonly SqlMessage[],
  settings: SqlConnectionSettings,
): Failure {
  const refused = messages.find(isError);
  if (refused) return loginFailure(refused, settings);
  const errors = chain(error);
  const codes = errors.map((each) => ('code' in each ? String(each.code) : ''));
  const cause = errors.at(-1) ?? error;
  return (
    certificateFailure(codes, cause, settings) ??
    networkFailure(codes, cause, settings) ??
    new Failure(
      'connection',
      'connection-failed',
      `cannot connect to ${target(settings)}: ${wordsOf(cause)}`,
      {
        cause,
        hints: ['Is this the port of a SQL Server instance? sqlcmd -S with the same value tells.'],
      },
    )
  );
}

/** Failures that need no server to be known: the settings name no login this build can use. */
export function loginUnavailable(settings: SqlConnectionSettings): Failure | undefined {
  if (!settings.login)
    return new Failure('usage', 'no-login', 'no login was given', {
      hints: ['Say -U and --password-file, or set SQLCMDUSER and SQLCMDPASSWORD.'],
    });
  return undefined;
}

/** Encryption was demanded and declined, by the server or by somebody on the way. */
export function notEncrypted(settings: SqlConnectionSettings, ...more: string[]): Failure {
  return new Failure(
    'connection',
    'not-encrypted',
    `${target(settings)} declined to encrypt the connection`,
    { hints: ['Give the instance a certificate, or say -N o if this is meant.', ...more] },
  );
}

const loginHints = new Map<number, readonly [code: string, hint: string]>([
  [
    18456,
    [
      'login-failed',
      'Check the user, the password and that the server allows SQL logins (mixed mode); the reason (state) is in its error log.',
    ],
  ],
  [
    18452,
    [
      'login-failed',
      'The server allows Windows logins only, or the domain is not trusted: enable mixed mode or say -E.',
    ],
  ],
  [18470, ['login-disabled', 'Enable the login: ALTER LOGIN … ENABLE.']],
  [18486, ['login-locked', 'Unlock the login: ALTER LOGIN … WITH PASSWORD = … UNLOCK.']],
  [
    18487,
    ['password-expired', 'Set a new password: sqlcmd -Z, or ALTER LOGIN … WITH PASSWORD = ….'],
  ],
  [
    18488,
    [
      'password-expired',
      'The password must be changed before the first login: sqlcmd -Z, or ALTER LOGIN … WITH PASSWORD = ….',
    ],
  ],
  [4060, ['login-failed', 'The login may not open the database master.']],
  [
    18461,
    ['server-single-user', 'The instance runs in single-user mode and somebody else is logged in.'],
  ],
  [17142, ['server-paused', 'The instance is paused; continue it in Configuration Manager.']],
  [17892, ['login-trigger', 'A logon trigger refuses it; they are listed in sys.server_triggers.']],
  [18401, ['server-upgrading', 'The instance is being upgraded: try again in a few minutes.']],
  [17809, ['too-many-connections', 'Close other connections, then try again.']],
]);

const windowsLoginHint =
  'The account that runs vdibackup needs a login: CREATE LOGIN [DOMAIN\\name] FROM WINDOWS, and sysadmin.';

function loginFailure(message: SqlMessage, { integrated }: SqlConnectionSettings): Failure {
  const [code, words] = loginHints.get(message.number) ?? ['login-failed', errorLogHint];
  const hint = integrated && code === 'login-failed' ? windowsLoginHint : words;
  return new Failure('connection', code, `SQL Server refused the login: ${spoken(message)}`, {
    hints: [hint],
  });
}

const browserHint =
  'Start the service SQL Server Browser (UDP 1434) and enable TCP for the instance, or give its port: -S host,port.';

const untrusted = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_UNTRUSTED',
  'CERT_SIGNATURE_FAILURE',
];

function certificateFailure(
  codes: readonly string[],
  cause: Error,
  settings: SqlConnectionSettings,
): Failure | undefined {
  const reason = wordsOf(cause);
  if (codes.includes('ERR_TLS_CERT_ALTNAME_INVALID'))
    return new Failure(
      'connection',
      'certificate-name',
      `the server's certificate is for another name: ${reason}`,
      {
        cause,
        hints: [
          'Say -F with the name in the certificate, connect by that name, or trust it as it is: -C.',
        ],
      },
    );
  if (codes.some((code) => untrusted.includes(code)))
    return new Failure(
      'connection',
      'certificate-untrusted',
      `the server's certificate is not trusted: ${reason}`,
      {
        cause,
        hints: [trustChoices(settings)],
      },
    );
  if (codes.some((code) => code.startsWith('ERR_SSL_') || code === 'EPROTO'))
    return new Failure(
      'connection',
      'tls-failed',
      `no encrypted connection came about: ${reason}`,
      { cause, hints: [protocolHint(settings)] },
    );
  return undefined;
}

/** TDS 8 (strict) always verifies: there -C has no effect, as in sqlcmd. */
export function trustChoices({ encrypt, integrated }: SqlConnectionSettings): string {
  const where = integrated
    ? "the machine's trusted roots: certlm.msc"
    : 'NODE_EXTRA_CA_CERTS=ca.pem';
  const ca = `make its CA known (${where})`;
  return encrypt === 'strict'
    ? `Either ${ca}, or leave strict mode and trust the certificate: -N m -C.`
    : `Either trust this certificate unseen: -C, or ${ca}, or do without encryption: -N o.`;
}

function protocolHint({ encrypt }: SqlConnectionSettings): string {
  return encrypt === 'strict'
    ? 'Strict mode needs SQL Server 2022 or newer, set up for it: say -N m.'
    : 'A server without TLS 1.2 cannot be reached encrypted: update SQL Server, or say -N o.';
}

function networkFailure(
  codes: readonly string[],
  cause: Error,
  settings: SqlConnectionSettings,
): Failure | undefined {
  const where = target(settings);
  const failure = (code: string, message: string, ...hints: string[]) =>
    new Failure('connection', code, message, { cause, hints });
  if (codes.includes('EINSTLOOKUP'))
    return failure(
      'instance-not-found',
      `SQL Browser does not know the instance ${where}`,
      browserHint,
    );
  if (codes.includes('ENOTFOUND') || codes.includes('EAI_AGAIN'))
    return failure('host-not-found', `no host has the name ${settings.host}`, 'Check -S.');
  if (codes.includes('ECONNREFUSED'))
    return failure(
      'connection-refused',
      `nothing listens at ${where}`,
      'Does SQL Server run, is TCP enabled (Configuration Manager) and is this its port? A named instance is -S host\\instance and needs SQL Browser.',
    );
  if (codes.includes('ETIMEDOUT') || codes.includes('ETIMEOUT') || codes.includes('EHOSTUNREACH'))
    return failure(
      'connection-timeout',
      `${where} did not answer within ${settings.loginTimeout} s`,
      settings.instance && settings.port === undefined
        ? browserHint
        : 'Is TCP enabled, is the port right, does a firewall stand between? A slow server needs a longer -l.',
    );
  if (codes.includes('EENCRYPT') && settings.encrypt !== 'optional') return notEncrypted(settings);
  if (codes.includes('EENCRYPT'))
    return failure('encryption-required', `${where} insists on encryption`, 'Say -N m.');
  if (codes.includes('ECONNRESET') || codes.includes('EPIPE'))
    return failure(
      'connection-reset',
      `${where} closed the connection before the login was done`,
      'Is this the port of a SQL Server instance? Its error log may say why it hung up.',
    );
  return undefined;
}

/** `host\instance` or `host,port`, as -S takes it. */
function target({ host, instance, port }: SqlConnectionSettings): string {
  if (port !== undefined) return `${host},${port}`;
  return instance ? `${host}\\${instance}` : host;
}

/** Every error inside `error`: causes, mssql's `originalError`, the members of an AggregateError. */
function chain(error: unknown, depth = 0): Error[] {
  if (!(error instanceof Error) || depth > 8) return [];
  const inner: unknown[] = [error.cause];
  if ('originalError' in error) inner.push(error.originalError);
  if ('errors' in error && Array.isArray(error.errors)) inner.push(...error.errors);
  return [error, ...inner.flatMap((next) => chain(next, depth + 1))];
}

/** On one line; of an OpenSSL error only its reason, not thread, file and line. */
function wordsOf(error: Error): string {
  const words = 'reason' in error && error.reason ? String(error.reason) : error.message;
  return words.replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '');
}
