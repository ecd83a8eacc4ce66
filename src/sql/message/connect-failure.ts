// Why a connection did not come about, in one sentence with the next step. The driver wraps the reason several times
// and never repeats the server's message number, so the whole chain and the messages of the login are looked at.

import { Failure } from '../../base/errors.ts';
import type { FailureCode } from '../../base/failure-codes.ts';
import type { SqlConnectionSettings, SqlMessage } from '../sql-session.ts';
import { type Explanation, errorLogHint } from './explanation.ts';
import { fromTable } from './message-table.ts';
import { isError } from './messages.ts';
import { spoken } from './statement-failure.ts';

/** `error` of a failed connect as a `Failure('connection')`; `messages` are what the server said during the login. */
export function connectFailure(
  error: Error,
  messages: readonly SqlMessage[],
  settings: SqlConnectionSettings,
): Failure {
  const refused = messages.find(isError);
  if (refused) return loginFailure(refused, settings);
  const errors = chain(error);
  const own = errors.find((each) => each instanceof Failure);
  if (own) return own;
  const codes = errors.map((each) => ('code' in each ? String(each.code) : ''));
  const cause = errors.at(-1) ?? error;
  return (
    certificateFailure(codes, cause, settings) ??
    networkFailure(codes, cause, settings) ??
    new Failure(
      'connection-failed',
      `cannot connect to ${target(settings)}: ${wordsOf(cause, settings)}`,
      {
        cause,
        hints: [
          ...(settings.integrated && process.platform === 'linux' ? [ticketHint] : []),
          `${anotherPort} sqlcmd -S with the same value tells.`,
        ],
      },
    )
  );
}

/** Failures that need no server to be known: the settings name no login this build can use. */
export function loginUnavailable(settings: SqlConnectionSettings): Failure | undefined {
  if (!settings.login)
    return new Failure('no-login', 'no login was given', {
      hints: ['Say -U and --password-file, or set SQLCMDUSER and SQLCMDPASSWORD.'],
    });
  return undefined;
}

/** Encryption was demanded and declined, by the server or by somebody on the way. */
export function notEncrypted(settings: SqlConnectionSettings): Failure {
  return new Failure(
    'not-encrypted',
    `${target(settings)} declined to encrypt the connection: no login was sent`,
    {
      hints: [
        'Every SQL Server since 2005 can: look at what listens there, and what is between. -N o would show the password to it.',
      ],
    },
  );
}

/** Its first words are not those of a SQL Server. */
export function notSqlServer(settings: SqlConnectionSettings): Failure {
  const message = `${target(settings)} does not answer as a SQL Server does: no login was sent`;
  return new Failure('connection-failed', message, { hints: [anotherPort] });
}

/** Closed or broken by the other end before it answered the login. */
export function hungUp(
  settings: SqlConnectionSettings,
  loginSent: boolean,
  cause?: Error,
): Failure {
  const when = loginSent ? 'without answering the login' : 'before a login was sent';
  return new Failure('connection-reset', `${target(settings)} closed the connection ${when}`, {
    hints: loginSent ? [errorLogMaySay] : hangUpHints(settings),
    cause,
  });
}

/** What hangs up before it was told who comes: a server that wants TDS 8, one that knows old TLS only, or no SQL Server. */
function hangUpHints(settings: SqlConnectionSettings): string[] {
  const causes =
    settings.encrypt === 'strict'
      ? [protocolHint(settings)]
      : [
          'If SQL Server forces strict encryption (2022 and later): -N s.',
          'SQL Server 2008 to 2014 needs its update for TLS 1.2 (KB3135244).',
        ];
  return [...causes, `${anotherPort} ${errorLogMaySay}`];
}

/** A routing token: SQL Server wants the login to go to `elsewhere`. */
export function rerouted(settings: SqlConnectionSettings, elsewhere: string): Failure {
  const readOnly = settings.applicationIntent === 'ReadOnly' ? ', without -K ReadOnly' : '';
  return new Failure(
    'login-routed',
    `${target(settings)} sends logins on to ${elsewhere}, where this one was not sent`,
    {
      hints: [
        `A virtual device needs the instance on this machine: name it itself (-S localhost)${readOnly}.`,
      ],
    },
  );
}

const anotherPort = 'Is this the port of a SQL Server instance?';
const errorLogMaySay = "SQL Server's error log may say why it hung up.";

const ticketHint = 'Has this account a Kerberos ticket? See klist; get one: kinit user@REALM.';

const windowsLoginHint =
  'The account that runs vdibackup needs a login: CREATE LOGIN [DOMAIN\\name] FROM WINDOWS, and sysadmin.';

const unknownRefusal: Explanation = { code: 'login-failed', hints: [errorLogHint] };

function loginFailure(message: SqlMessage, { integrated }: SqlConnectionSettings): Failure {
  const known = fromTable(message.number, { direction: 'login' });
  const { code, hints } = known ?? unknownRefusal;
  return new Failure(code, `SQL Server refused the login: ${spoken(message)}`, {
    hints: integrated && code === 'login-failed' ? [windowsLoginHint] : hints,
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
  const reason = wordsOf(cause, settings);
  if (codes.includes('ERR_TLS_CERT_ALTNAME_INVALID'))
    return new Failure(
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
      'certificate-untrusted',
      `the server's certificate is not trusted: ${reason}`,
      {
        cause,
        hints: [trustChoices(settings)],
      },
    );
  if (codes.some((code) => code.startsWith('ERR_SSL_') || code === 'EPROTO'))
    return new Failure('tls-failed', `no encrypted connection came about: ${reason}`, {
      cause,
      hints: [protocolHint(settings)],
    });
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
    : `Either trust this certificate unseen: -C, or ${ca}.`;
}

function protocolHint({ encrypt }: SqlConnectionSettings): string {
  return encrypt === 'strict'
    ? 'Strict mode needs SQL Server 2022 or newer, set up for it: say -N m.'
    : 'A server without TLS 1.2 cannot be reached encrypted: update SQL Server; NODE_OPTIONS=--tls-min-v1.0 goes back to older ones.';
}

function networkFailure(
  codes: readonly string[],
  cause: Error,
  settings: SqlConnectionSettings,
): Failure | undefined {
  const where = target(settings);
  const failure = (code: FailureCode<'connection'>, message: string, ...hints: string[]) =>
    new Failure(code, message, { cause, hints });
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
  if (codes.includes('ECONNRESET') || codes.includes('EPIPE'))
    return failure(
      'connection-reset',
      `${where} closed the connection before the login was done`,
      ...hangUpHints(settings),
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
function wordsOf(error: Error, { scrub }: SqlConnectionSettings): string {
  const words = 'reason' in error && error.reason ? String(error.reason) : error.message;
  // A secret that has lost its last character would not be known any more.
  return scrub(words).replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '');
}
