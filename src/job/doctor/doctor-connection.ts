// How far the way to SQL Server leads: TCP, TLS, login. One connection tells all three, because its failure says
// which of them it was.

import type { Abort } from '../../base/abort.js';
import type { Failure } from '../../errors.js';
import type { TransportFacts } from '../../sql/facts/transport-facts.js';
import { openSession } from '../../sql/open-session.js';
import type { SqlConnectionSettings, SqlSession } from '../../sql/sql-session.js';
import { expected, failed, notChecked, ok } from './doctor-finding.js';
import type { Finding } from './doctor-report.js';

export interface Reached {
  readonly session?: SqlSession;
  readonly failure?: Failure;
  /** Why the certificate would be refused, were it not for -C. */
  readonly distrust?: Failure;
}

/** With -C the certificate is tried without it first, so that it can be said what -C is good for. */
export async function reach(settings: SqlConnectionSettings, abort: Abort): Promise<Reached> {
  if (settings.encrypt !== 'mandatory' || !settings.trustServerCertificate)
    return attempt(settings, abort);
  const checked = await attempt({ ...settings, trustServerCertificate: false }, abort);
  const distrust = checked.failure;
  if (!distrust || !certificateCodes.includes(distrust.code)) return checked;
  return { ...(await attempt(settings, abort)), distrust };
}

async function attempt(settings: SqlConnectionSettings, abort: Abort): Promise<Reached> {
  const opening = openSession(settings);
  try {
    return { session: await abort.race(opening) };
  } catch (thrown) {
    abort.throwIfAborted();
    return { failure: expected(thrown) };
  }
}

const certificateCodes = ['certificate-untrusted', 'certificate-name'];
const tlsCodes = [...certificateCodes, 'tls-failed', 'not-encrypted', 'encryption-required'];
const tcpCodes = [
  'instance-not-found',
  'host-not-found',
  'connection-refused',
  'connection-timeout',
  'connection-reset',
  'connection-failed',
];
/** Found before anything is sent. */
const earlyCodes = [
  'no-login',
  'node-too-old',
  'windows-login-unavailable',
  'odbc-driver-missing',
  'odbc-driver-too-old',
];

/** Checks `tcp`, `tls` and `login`. */
export function connectionFindings(
  settings: SqlConnectionSettings,
  { failure, distrust }: Reached,
  transport: TransportFacts | undefined,
): Finding[] {
  const tcp = ok('tcp', `SQL Server answers at ${settings.host}${place(settings)}`);
  const tls = tlsFinding(settings, distrust, transport);
  if (!failure)
    return [
      tcp,
      tls,
      ok('login', `logged in as ${settings.login?.user ?? 'this Windows account'}`),
    ];
  if (earlyCodes.includes(failure.code))
    return [
      notChecked('tcp', 'nobody can log in'),
      notChecked('tls', 'nobody can log in'),
      failed('login', failure),
    ];
  if (tcpCodes.includes(failure.code))
    return [
      failed('tcp', failure),
      notChecked('tls', 'there is no connection'),
      notChecked('login', 'there is no connection'),
    ];
  if (tlsCodes.includes(failure.code))
    return [tcp, failed('tls', failure), notChecked('login', 'the connection is not trusted')];
  return [tcp, tls, failed('login', failure)];
}

/** One sentence with the three choices there are. */
export function tlsFinding(
  settings: SqlConnectionSettings,
  distrust: Failure | undefined,
  transport: TransportFacts | undefined,
): Finding {
  const check = 'tls';
  if (distrust)
    return {
      ...ok(check, `encrypted, but unchecked (-C): ${distrust.message}; ${otherChoices}`),
      code: 'certificate-unchecked',
    };
  const encrypted = transport?.encrypted ?? settings.encrypt !== 'optional';
  if (encrypted && settings.encrypt !== 'optional')
    return ok(check, "encrypted, and the server's certificate is trusted");
  if (encrypted) return ok(check, 'encrypted, because the server insists on it');
  return {
    check,
    level: 'warning',
    code: 'unencrypted',
    message: 'not encrypted (-N o): whoever hears the wire can read the password',
    hints: [
      'Trust a certificate unchecked (-C), make its CA known (NODE_EXTRA_CA_CERTS=ca.pem), or leave it at -N o on this machine.',
    ],
  };
}

const otherChoices =
  'instead NODE_EXTRA_CA_CERTS=ca.pem checks it, and -N o does without encryption';

function place({ instance, port }: SqlConnectionSettings): string {
  if (port !== undefined) return `,${port}`;
  return instance === undefined ? '' : `\\${instance}`;
}
