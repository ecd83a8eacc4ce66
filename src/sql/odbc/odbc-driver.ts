// The ODBC drivers that reach SQL Server, best first, and the connection string each of them understands. Pure.
// Source of the keywords: "DSN and Connection String Keywords and Attributes" (Microsoft), the FreeTDS user guide.

import { Failure } from '../../base/errors.ts';
import { trustChoices } from '../message/connect-failure.ts';
import type { SqlConnectionSettings } from '../sql-session.ts';

export interface OdbcDriver {
  readonly name: string;
  /** Which words it knows: `18` all of them, `modern` neither strict encryption nor a certificate's name. */
  readonly dialect: '18' | 'modern' | 'windows' | 'freetds';
}

/**
 * Native Client came with SQL Server 2012 to 2019, "SQL Server" comes with every Windows. FreeTDS is last because it
 * checks no certificate.
 */
export const odbcDrivers: readonly OdbcDriver[] = [
  { name: 'ODBC Driver 18 for SQL Server', dialect: '18' },
  { name: 'ODBC Driver 17 for SQL Server', dialect: 'modern' },
  { name: 'ODBC Driver 13 for SQL Server', dialect: 'modern' },
  { name: 'ODBC Driver 11 for SQL Server', dialect: 'modern' },
  { name: 'SQL Server Native Client 11.0', dialect: 'modern' },
  { name: 'SQL Server', dialect: 'windows' },
  { name: 'FreeTDS', dialect: 'freetds' },
];

/** Why `driver` cannot do what `settings` ask for: nothing that protects the connection is dropped silently. */
export function driverFailure(
  driver: OdbcDriver,
  settings: SqlConnectionSettings,
): Failure | undefined {
  const { encrypt, hostNameInCertificate, trustServerCertificate } = settings;
  if (driver.dialect === '18') return undefined;
  if (encrypt === 'strict') return tooOld(driver, 'strict encryption (-N s)');
  if (driver.dialect === 'freetds' && encrypt === 'mandatory' && !trustServerCertificate)
    return new Failure(
      'certificate-untrusted',
      `the server's certificate is not trusted: the ODBC driver ${driver.name} cannot check it`,
      { hints: [trustChoices(settings)] },
    );
  if (hostNameInCertificate && !trustServerCertificate)
    return tooOld(driver, 'the name in the certificate (-F)');
  return undefined;
}

function tooOld({ name }: OdbcDriver, what: string): Failure {
  return new Failure(
    'odbc-driver-too-old',
    `${what} needs the ODBC Driver 18 for SQL Server; the best one here is '${name}'`,
    { hints: ['Install it: https://aka.ms/odbc18.'] },
  );
}

export function noDriver(): Failure {
  return new Failure(
    'odbc-driver-missing',
    'a Windows login (-E) needs an ODBC driver for SQL Server, and none is installed',
    { hints: ['Install the ODBC Driver 18 for SQL Server: https://aka.ms/odbc18.'] },
  );
}

/** Without a login it is a Windows login (Kerberos elsewhere): the account of this process. */
export function connectionString(driver: OdbcDriver, settings: SqlConnectionSettings): string {
  const { login, workstation } = settings;
  const words: [key: string, value: string | undefined][] = [
    ['Driver', driver.name],
    ...serverWords(driver, settings),
    // Not the login's default database, which may be the one that is offline.
    ['Database', 'master'],
    ['APP', 'vdibackup'],
    ['WSID', workstation],
    ...(login
      ? ([
          ['UID', login.user],
          ['PWD', login.password],
        ] as const)
      : ([['Trusted_Connection', 'yes']] as const)),
    ...encryptionWords(driver, settings),
    ...sessionWords(driver, settings),
  ].map(([key, value]) => [String(key), value]);
  return words
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([key, value]) => `${key}=${quoted(value ?? '')};`)
    .join('');
}

/** A name without protocol and port lets Microsoft's drivers begin with shared memory where it is this machine's. */
function serverWords(
  { dialect }: OdbcDriver,
  { host, instance, port }: SqlConnectionSettings,
): [string, string | undefined][] {
  if (port === undefined) return [['Server', instance ? `${host}\\${instance}` : host]];
  if (dialect === 'freetds')
    return [
      ['Server', host],
      ['Port', String(port)],
    ];
  return [['Server', `tcp:${host},${port}`]];
}

function encryptionWords(
  { dialect }: OdbcDriver,
  { encrypt, trustServerCertificate, hostNameInCertificate }: SqlConnectionSettings,
): [string, string | undefined][] {
  if (dialect === 'freetds')
    return [['Encryption', encrypt === 'optional' ? 'request' : 'require']];
  const modes = { strict: 'strict', mandatory: 'yes', optional: 'no' } as const;
  return [
    ['Encrypt', modes[encrypt]],
    ['TrustServerCertificate', trustServerCertificate ? 'yes' : 'no'],
    ['HostnameInCertificate', dialect === '18' ? hostNameInCertificate : undefined],
  ];
}

/** ConnectRetryCount=0: the driver would replace a lost connection by another one, silently. */
function sessionWords(
  { dialect }: OdbcDriver,
  { applicationIntent }: SqlConnectionSettings,
): [string, string | undefined][] {
  if (dialect === 'freetds')
    return [
      ['TDS_Version', '7.4'],
      ['ApplicationIntent', applicationIntent],
    ];
  if (dialect === 'windows') return [];
  return [
    ['ConnectRetryCount', '0'],
    ['ApplicationIntent', applicationIntent],
  ];
}

/** In braces where a character could end the value; `}` inside is doubled (ODBC, SQLDriverConnect). */
function quoted(value: string): string {
  return /^[\w.,:\\ -]+$/.test(value) && value.trim() === value
    ? value
    : `{${value.replaceAll('}', '}}')}}`;
}
