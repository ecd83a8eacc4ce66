// Every verb that logs in × every option of encryption × everything the other end can do: no byte of a login in clear.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { password, Rig } from './rig.ts';
import { assertFailed, assertSucceeded } from './trial.ts';
import { type Conduct, clearLogins, WatchedServer } from './watched-server.ts';

const verbs: Readonly<Record<string, readonly string[]>> = {
  backup: ['Sales', 'new.zst'],
  restore: ['restore', 'Sales2', 's.zst'],
  'verify --verifyonly': ['verify', '--verifyonly', 's.zst'],
  drill: ['drill', 's.zst'],
  finish: ['finish', 'w.zst.partial'],
  doctor: ['doctor'],
};

export const options = [
  [],
  ['-C'],
  ['-N', 'm'],
  ['-N', 's'],
  ['-F', 'db01.example'],
  ['-N', 's', '-C'],
];

export const conducts: readonly Conduct[] = [
  'not-supported',
  'off',
  'hang-up',
  'encrypts',
  'routes',
];

/** Through TLS that -C trusts unseen, and only there, the login is given away: that is what -C means. */
function givesLogin(option: readonly string[], conduct: Conduct): boolean {
  return option[0] === '-C' && (conduct === 'encrypts' || conduct === 'routes');
}

async function meet(rig: Rig, verb: string, option: readonly string[], conduct: Conduct) {
  const elsewhere = await WatchedServer.start('not-supported');
  const server = await WatchedServer.start(conduct, elsewhere.port);
  const [first = '', ...rest] = verbs[verb] ?? [];
  const login = ['-S', `127.0.0.1,${server.port}`, '-U', 'sa', ...option];
  try {
    const ended = await rig.bare([first, ...rest, ...login]).ended;
    assert.deepEqual(clearLogins(server.received, password), []);
    if (verb === 'doctor') assert.equal(ended.code, 5, ended.stderr);
    else assertFailed(ended, 4, /./);
    assert.ok(server.received.length > 0, 'the server was asked');
    assert.equal(elsewhere.connections, 0, 'nobody went where the login was sent on to');
    const given = [...new Set(server.logins.map((one) => one.password))];
    assert.deepEqual(given, givesLogin(option, conduct) ? [password] : []);
  } finally {
    server.stop();
    elsewhere.stop();
  }
}

/** The files that the verbs read: s.zst, and w.zst.partial, which a killed run had sealed. */
async function withFiles(body: (rig: Rig) => Promise<void>): Promise<void> {
  const rig = await Rig.create();
  try {
    assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
    rig.server.fault({ 'lose-3014': 'swallow' });
    const killed = rig.run(['Sales', 'w.zst']);
    await killed.until('the record', () => rig.server.instance.history.length > 1);
    killed.signal('SIGKILL');
    await killed.ended;
    await body(rig);
    assert.deepEqual(await rig.files(), ['s.zst', 'w.zst.partial']);
  } finally {
    await rig.close();
  }
}

/** One cell of the table for a verb. */
export type Cell = readonly [Conduct, readonly string[]];

/** Each verb meets the cells that `choose` gives the nth of them. */
export function meetServers(choose: (nth: number) => readonly Cell[]): void {
  suite('on the wire, before a login', { concurrency: 2 }, () => {
    for (const [nth, verb] of Object.keys(verbs).entries())
      test(`${verb}: ${choose(nth).length} ways to be met`, () =>
        withFiles(async (rig) => {
          for (const cell of choose(nth)) await meetNamed(rig, verb, cell);
        }));
  });
}

async function meetNamed(rig: Rig, verb: string, [conduct, option]: Cell): Promise<void> {
  try {
    await meet(rig, verb, option, conduct);
  } catch (thrown) {
    const cell = `${verb}, ${conduct}, ${option.join(' ') || 'no option'}`;
    throw new Error(`${cell}: ${(thrown as Error).message}`, { cause: thrown });
  }
}
