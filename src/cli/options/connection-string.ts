// VDIBACKUP_CONNECTION_STRING: `Key=Value;…` as ADO.NET reads it. No error here quotes the text: it holds a password.

import { usageError } from '../usage-error.ts';

/** What we read of it; keys that concern other programs are passed over. */
export type ConnectionWords = Partial<Record<Name, string>>;
type Name =
  | 'server'
  | 'user'
  | 'password'
  | 'encrypt'
  | 'trustServerCertificate'
  | 'integrated'
  | 'loginTimeout'
  | 'applicationIntent'
  | 'hostNameInCertificate'
  | 'workstation'
  | 'authentication';

/** ADO.NET's keywords and their synonyms, lower case and without blanks. */
const names = new Map<string, Name>([
  ...['server', 'datasource', 'address', 'addr', 'networkaddress'].map(named('server')),
  ...['userid', 'uid', 'user'].map(named('user')),
  ...['password', 'pwd'].map(named('password')),
  ...['encrypt'].map(named('encrypt')),
  ...['trustservercertificate'].map(named('trustServerCertificate')),
  ...['integratedsecurity', 'trusted_connection'].map(named('integrated')),
  ...['connecttimeout', 'connectiontimeout', 'timeout'].map(named('loginTimeout')),
  ...['applicationintent'].map(named('applicationIntent')),
  ...['hostnameincertificate'].map(named('hostNameInCertificate')),
  ...['workstationid', 'wsid'].map(named('workstation')),
  ...['authentication'].map(named('authentication')),
]);

function named(name: Name): (word: string) => [string, Name] {
  return (word) => [word, name];
}

/** One `key = value` with what ends it: the value bare, in "…" or in '…', where the quote is doubled. */
const entry = /\s*([^=;]+?)\s*=\s*(?:"((?:[^"]|"")*)"|'((?:[^']|'')*)'|([^;"'][^;]*?|))\s*(?:;|$)/y;

export function parseConnectionString(text: string): ConnectionWords {
  const words: ConnectionWords = {};
  entry.lastIndex = 0;
  for (let at = 0; at < text.length; at = entry.lastIndex) {
    const blank = /^[\s;]+/.exec(text.slice(at));
    entry.lastIndex = at + (blank?.[0].length ?? 0);
    if (entry.lastIndex >= text.length) break;
    const match = entry.exec(text);
    if (!match) throw notReadable();
    const name = names.get((match[1] ?? '').toLowerCase().replaceAll(/\s/g, ''));
    if (name) words[name] = value(match);
  }
  return words;
}

function value([, , double, single, bare]: RegExpExecArray): string {
  if (double !== undefined) return double.replaceAll('""', '"');
  if (single !== undefined) return single.replaceAll("''", "'");
  return bare ?? '';
}

function notReadable(): Error {
  return usageError(
    'connection-string',
    'VDIBACKUP_CONNECTION_STRING is not a connection string (its text is not shown: it may hold a password)',
    'Write Server=host;User ID=name;Password=secret, a value with ; or quotes in double quotes.',
  );
}

/** ADO.NET's spellings of a yes and a no. */
export function yesOrNo(key: string, text: string): boolean {
  const word = text.toLowerCase();
  if (['true', 'yes', 'sspi', '1'].includes(word)) return true;
  if (['false', 'no', '0', ''].includes(word)) return false;
  throw usageError(
    'connection-string',
    `${key} in VDIBACKUP_CONNECTION_STRING must be true or false`,
  );
}
