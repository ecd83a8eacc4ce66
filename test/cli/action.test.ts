// The script of action/action.yml, with the real program. Only docker is played: its `exec` runs here, its `cp` is cp.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { type Ended, Program } from '../rig/program.ts';
import { binPath, password, type Rig } from '../rig/rig.ts';
import { assertSucceeded, trial } from '../rig/trial.ts';

const action = readFileSync(
  join(import.meta.dirname, '..', '..', '..', 'action', 'action.yml'),
  'utf8',
);

/** What stands below the step's `run: |`, without its indentation. */
const script = (action.split(/^ {6}run: \|\n/m)[1] ?? '').replaceAll(/^ {8}/gm, '');

/** `docker exec [-i] [-e NAME]... CONTAINER COMMAND...` and `docker cp FROM TO`, with the container's paths as they are. */
const docker = (log: string, vdibackup: string) => `#!/usr/bin/env bash
echo "$@" >> '${log}'
verb=$1; shift
if [ "$verb" = cp ]; then exec cp "\${1#sql:}" "\${2#sql:}"; fi
while [[ $1 == -* ]]; do [ "$1" = -e ] && shift; shift; done
shift
[ "$1" = vdibackup ] && { shift; set -- ${vdibackup} "$@"; }
exec "$@"
`;

async function drilled(rig: Rig, inputs: Record<string, string>): Promise<Ended> {
  const tools = rig.path('tools');
  await mkdir(tools, { recursive: true });
  const connection = `-S 127.0.0.1,${rig.server.port}`;
  // -S has to follow the verb: the action says `vdibackup -C drill -`.
  const program = `'${process.execPath}' '${binPath}' ${connection}`;
  await writeFile(join(tools, 'docker'), docker(rig.path('docker.log'), program), { mode: 0o755 });
  await mkdir(rig.path('tmp'), { recursive: true });
  const env = {
    ...rig.environment,
    PATH: `${tools}:${process.env.PATH}`,
    TMPDIR: rig.path('tmp'),
    GITHUB_OUTPUT: rig.path('output'),
    CONTAINER: 'sql',
    ASSERTIONS: '',
    OPTIONS: '',
    SQLCMDUSER: 'sa',
    SQLCMDPASSWORD: password,
    BACKUP: 'sales.bak.zst',
    JUNIT: 'drill.xml',
    REPORT: 'drill.json',
    ...inputs,
  };
  const shell = ['bash', '--noprofile', '--norc', '-e', '-o', 'pipefail', '-c', script];
  return new Program(shell, { env, cwd: rig.folder }).ended;
}

const left = ['docker.log', 'output', 'tmp', 'tools'];

suite('the action', { concurrency: 2 }, () => {
  test('hands out the evidence of a drill, and leaves nothing in the container', () =>
    trial([...left, 'drill.json', 'drill.xml', 'sales.bak.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', rig.path('sales.bak.zst')]).ended);
      const ended = await drilled(rig, {});
      assert.equal(ended.code, 0, ended.stderr);
      assert.equal(await readFile(rig.path('output'), 'utf8'), 'verdict=passed\n');
      assert.match(await readFile(rig.path('drill.xml'), 'utf8'), /<testsuite/);
      assert.deepEqual(await readdir(rig.path('tmp')), []);
      const commands = await readFile(rig.path('docker.log'), 'utf8');
      assert.ok(!commands.includes(password), 'no password on the command line of docker');
    }));

  for (const [what, inputs] of [
    ['that is refused for its options', { OPTIONS: '--no-such-option' }],
    ['whose backup is not there', { BACKUP: 'none.bak.zst' }],
  ] as const)
    test(`a drill ${what} has no evidence, least of all that of an earlier one`, () =>
      trial([...left, 'drill.json', 'sales.bak.zst'], async (rig) => {
        assertSucceeded(await rig.run(['Sales', rig.path('sales.bak.zst')]).ended);
        assert.equal((await drilled(rig, {})).code, 0);
        const ended = await drilled(rig, inputs);
        assert.notEqual(ended.code, 0);
        assert.equal(existsSync(rig.path('drill.xml')), false, ended.stderr);
        assert.equal(
          await readFile(rig.path('output'), 'utf8'),
          'verdict=passed\nverdict=not-restored\n',
        );
        assert.deepEqual(await readdir(rig.path('tmp')), []);
      }));

  test('options are words: a pattern is no list of files', () =>
    trial([...left, 'drill.json', 'drill.xml', 'sales.bak.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', rig.path('sales.bak.zst')]).ended);
      const ended = await drilled(rig, { OPTIONS: '--threads=* --progress none' });
      assert.equal(ended.code, 2);
      assert.match(ended.stderr, /'\*'/);
      assert.equal((await drilled(rig, {})).code, 0);
    }));
});
