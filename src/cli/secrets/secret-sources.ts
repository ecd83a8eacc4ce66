// Where secrets come from, so that they are known before anything can be shown. Those of the environment are learned at
// the start, whether the run will use them or not; on the command line argv.ts finds them, and connection-options.ts learns
// what is read from a password file or typed. A new source belongs into this table first.

import type { Surroundings } from '../surroundings.ts';
import type { Redactor } from './redact.ts';

type Env = Surroundings['env'];

/** Variables whose whole value is a secret. */
const secretVariables = [
  'SQLCMDPASSWORD',
  // Microsoft's images are started with these, and `docker exec` inherits them.
  'MSSQL_SA_PASSWORD',
  'SA_PASSWORD',
  // Object storage: AWS SDKs and CLI; Azure CLI, AzCopy and azure-identity.
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AZURE_STORAGE_KEY',
  'AZURE_STORAGE_SAS_TOKEN',
  'AZURE_CLIENT_SECRET',
  'AZURE_CLIENT_CERTIFICATE_PASSWORD',
  // age has no variable of its own; these are sops' and rage's.
  'SOPS_AGE_KEY',
  'AGE_SECRET_KEY',
  'AGE_PASSPHRASE',
] as const;

/** Variables of `key=value;…` in which these keys are secret. */
const secretParts: Readonly<Record<string, RegExp>> = {
  VDIBACKUP_CONNECTION_STRING: part('password|pwd'),
  AZURE_STORAGE_CONNECTION_STRING: part('AccountKey|SharedAccessSignature'),
};

/** Lenient: a string that cannot be read may hold a password all the same. */
function part(keys: string): RegExp {
  return new RegExp(
    `(?:^|;)\\s*(?:${keys})\\s*=\\s*(?:"((?:[^"]|"")*)"?|'((?:[^']|'')*)'?|([^;]*))`,
    'gi',
  );
}

/** Proxies may be named with user and password. */
const urlVariables = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'] as const;
const urlPassword = /^[a-z][a-z\d+.-]*:\/\/[^/@]*?:([^/]*)@/i;

export function learnEnvironment(env: Env, redactor: Redactor): void {
  for (const name of secretVariables) redactor.add(env[name]);
  for (const [name, secret] of Object.entries(secretParts)) learnParts(env[name], secret, redactor);
  for (const name of urlVariables)
    for (const url of [env[name], env[name.toLowerCase()]]) {
      const password = urlPassword.exec(url ?? '')?.[1];
      redactor.add(password);
      redactor.add(decoded(password));
    }
}

function learnParts(text: string | undefined, secret: RegExp, redactor: Redactor): void {
  if (!text) return;
  redactor.add(text);
  for (const [, double, single, bare] of text.matchAll(secret)) {
    redactor.add(double?.replaceAll('""', '"'));
    redactor.add(single?.replaceAll("''", "'"));
    redactor.add(bare?.trim());
  }
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text && decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
