// Connection strings and server names. A refusal never shows the text, which holds a password; what is accepted reads
// the same when it is written again, every value in quotes.

import assert from 'node:assert/strict';
import { Failure } from '../../../src/base/errors.ts';
import { parseConnectionString, yesOrNo } from '../../../src/cli/options/connection-string.ts';
import { parseServerName } from '../../../src/cli/options/server-name.ts';
import { unlessRefused } from '../judge.ts';

const keys: Readonly<Record<string, string>> = {
  server: 'Server',
  user: 'User ID',
  password: 'Password',
  encrypt: 'Encrypt',
  trustServerCertificate: 'Trust Server Certificate',
  integrated: 'Integrated Security',
  loginTimeout: 'Connect Timeout',
  applicationIntent: 'ApplicationIntent',
  hostNameInCertificate: 'Host Name In Certificate',
  workstation: 'Workstation ID',
  authentication: 'Authentication',
};
const refusal = refusalOf('=');

export function fuzz(data: Uint8Array): void {
  const text = new TextDecoder().decode(data);
  unlessRefused('usage', () => parseServerName(text));
  unlessRefused('usage', () => yesOrNo('Encrypt', text));
  const words = unlessRefused('usage', () => parseConnectionString(text));
  if (!words) {
    assert.deepEqual(refusalOf(text), refusal, 'the refusal depends on the text');
    return;
  }
  const entries = Object.entries(words);
  const written = entries.map(([name, value]) => `${keys[name]}="${value.replaceAll('"', '""')}"`);
  assert.deepEqual(parseConnectionString(written.join(';')), words);
}

function refusalOf(text: string): readonly string[] {
  try {
    parseConnectionString(text);
    return [];
  } catch (thrown) {
    assert.ok(thrown instanceof Failure);
    return [thrown.code, thrown.message, ...thrown.hints];
  }
}
