// How far the way to SQL Server leads: TCP, TLS, login. One connection tells all three, because its failure says
// which of them it was.

import type { Abort } from '../../base/abort.ts';
import type { Failure } from '../../base/errors.ts';
import type { FailureCode } from '../../base/failure-codes.ts';
import type { TransportFacts } from '../../sql/facts/transport-facts.ts';
import { openSession } from '../../sql/open-session.ts';
import type { SqlConnectionSettings, SqlSession } from '../../sql/sql-session.ts';
import { expected, failed, notChecked, ok } from './doctor-finding.ts';
import { listenerCodes, listenerFinding } from './doctor-listener.ts';
import type { Finding } from './doctor-report.ts';

interface Reached {
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

const certificateCodes: readonly FailureCode[] = ['certificate-untrusted', 'certificate-name'];
const tlsCodes: readonly FailureCode[] = [...certificateCodes, 'tls-failed', 'not-encrypted'];
const tcpCodes: readonly FailureCode[] = [
  'instance-not-found',
  'host-not-found',
  'connection-refused',
  'connection-timeout',
  'connection-reset',
  'connection-failed',
];
/** Found before anything is sent. */
const earlyCodes: readonly FailureCode[] = [
  'no-login',
  'node-too-old',
  'windows-login-unavailable',
  'odbc-driver-missing',
  'odbc-driver-too-old',
];

/** The check `listener` behind `tcp`; only Linux says whose a listener is, and a Windows login shows no password. */
export async function withListener(
  [tcp, ...others]: readonly Finding[],
  settings: SqlConnectionSettings,
  { failure }: Reached,
): Promise<Finding[]> {
  if (!tcp) return [];
  const connected = !failure || ![...tcpCodes, ...earlyCodes].includes(failure.code);
  const listener = settings.integrated ? [] : [await listenerFinding(settings, failure, connected)];
  return [tcp, ...listener, ...others];
}

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
  if (listenerCodes.includes(failure.code))
    return [
      tcp,
      notChecked('tls', 'nothing was said to this listener'),
      notChecked('login', 'the listener is not trusted'),
    ];
  if (tlsCodes.includes(failure.code))
    return [tcp, failed('tls', failure), notChecked('login', 'the connection is not trusted')];
  return [tcp, tls, failed('login', failure)];
}

/** One sentence with the choices there are. */
export function tlsFinding(
  settings: SqlConnectionSettings,
  distrust: Failure | undefined,
  transport: TransportFacts | undefined,
): Finding {
  const check = 'tls';
  if (distrust)
    return {
      ...ok(check, `encrypted, but unchecked (-C): ${distrust.message}; ${otherChoice}`),
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
    message:
      'not encrypted behind the login (-N o): whoever is on the way reads the rest, and the password if he says that there is no encryption',
    hints: [
      'Make its CA known (NODE_EXTRA_CA_CERTS=ca.pem), or trust the certificate unchecked (-C).',
    ],
  };
}

const otherChoice = 'NODE_EXTRA_CA_CERTS=ca.pem would check it';

function place({ instance, port }: SqlConnectionSettings): string {
  if (port !== undefined) return `,${port}`;
  return instance === undefined ? '' : `\\${instance}`;
}
