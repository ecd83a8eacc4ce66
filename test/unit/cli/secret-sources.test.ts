import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Run } from '../../../src/cli/run.ts';
import { Redactor } from '../../../src/cli/secrets/redact.ts';
import { learnEnvironment } from '../../../src/cli/secrets/secret-sources.ts';
import { withPasswords } from '../../../src/cli/secrets/with-passwords.ts';
import { surroundings } from './surroundings.ts';

suite('the passwords in --with', () => {
  const written: [options: string, secrets: string[]][] = [
    ["PASSWORD = 'x'", ['x']],
    ["MEDIAPASSWORD=N'it''s'", ["it's"]],
    ["password/* 'no' */=/**/'x'", ['x']],
    ["PASSWORD -- 'no'\n = 'x'", ['x']],
    ['PASSWORD = "a ""b"', ['a "b']],
    ["[PASSWORD] = 'x'", ['x']],
    ['PASSWORD = [x]', ['x']],
    ["PASSWORD 'x'", ['x']],
    ['PASSWORD = hunter2', ['hunter2']],
    ["PASSWORD = 'never closed", ['never closed']],
    ["PASSWORD = 'a,b', RETAINDAYS = 7, MEDIAPASSWORD='c'", ['a,b', 'c']],
    ["NAME = 'PASSWORD', DESCRIPTION = 'x'", []],
    ['ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [c])', []],
    ["PASSWORD = ''", []],
  ];
  for (const [options, secrets] of written)
    test(options, () => assert.deepEqual(withPasswords(options), secrets));
});

suite('a secret of the environment', () => {
  const variables: [name: string, value: string, secret: string][] = [
    ...[
      'SQLCMDPASSWORD',
      'MSSQL_SA_PASSWORD',
      'SA_PASSWORD',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_SESSION_TOKEN',
      'AZURE_STORAGE_KEY',
      'AZURE_STORAGE_SAS_TOKEN',
      'AZURE_CLIENT_SECRET',
      'SOPS_AGE_KEY',
    ].map((name): [string, string, string] => [name, 'S3cr?t/', 'S3cr?t/']),
    ['VDIBACKUP_CONNECTION_STRING', "Server=x;Password='it''s;so'", "it's;so"],
    ['VDIBACKUP_CONNECTION_STRING', 'Server=x; pwd = "a ""b" ;', 'a "b'],
    ['VDIBACKUP_CONNECTION_STRING', "not readable;;=;Password='never closed", 'never closed'],
    ['AZURE_STORAGE_CONNECTION_STRING', 'AccountName=a;AccountKey=abc+/d==;X=y', 'abc+/d=='],
    ['HTTPS_PROXY', 'http://me:p%40ss@proxy:3128', 'p@ss'],
    ['https_proxy', 'http://me:p%40ss@proxy:3128', 'p%40ss'],
  ];
  for (const [name, value, secret] of variables)
    test(`of ${name} is known: ${secret}`, () => {
      const redactor = new Redactor();
      learnEnvironment({ [name]: value }, redactor);
      assert.equal(redactor.scrub(`<${secret}>`), '<***>');
    });

  test('is known before the first line, also to verbs that do not use it', async () => {
    const env = { AZURE_STORAGE_KEY: 'K3y', VDIBACKUP_CONNECTION_STRING: 'x;pwd=hidden' };
    const told = surroundings({ argv: ['info', 'hidden', '--log-level', 'K3y'], env });
    assert.equal(await new Run(told.around).start(), 2);
    assert.match(told.err(), /not '\*\*\*'/);
    assert.doesNotMatch(told.err(), /hidden|K3y/);
  });
});

suite('the command line that others can read', () => {
  const lines: [argv: string[], shown: string[] | undefined][] = [
    [
      ['-Usa', '-P', 'pw', 'Sales', 's'],
      ['-Usa', '-P', '***', 'Sales', 's'],
    ],
    [
      ['-Ppw', 'Spw', 's'],
      ['-P***', 'Spw', 's'],
    ],
    [
      ['-CPx', 'x', 's'],
      ['-CP***', 'x', 's'],
    ],
    [
      ['backup', '--password=a=b', 'S', 's'],
      ['backup', '--password=***', 'S', 's'],
    ],
    [
      ['--with', "PASSWORD = 'x'", 'S', 's'],
      ['--with', '***', 'S', 's'],
    ],
    [
      ['--with=NAME = a, PASSWORD = x', 'S', 's'],
      ['--with=***', 'S', 's'],
    ],
    [['--password-file', 'pw', 'S', 's'], undefined],
    [['S', 's', '--with', 'STATS = 5'], undefined],
  ];
  for (const [argv, shown] of lines)
    test(`${argv.join(' ')} -> ${shown?.join(' ')}`, async () => {
      let seen: readonly string[] | undefined;
      const told = surroundings({
        argv,
        env: {},
        showCommandLine: (words) => {
          seen = words;
        },
      });
      await new Run(told.around).start();
      assert.deepEqual(seen, shown);
    });
});
