// The whole program against whoever wants its login: every verb that logs in, and listeners that belong to somebody else.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { suite, test } from 'node:test';
import type { DoctorReport } from '../../src/job/doctor/doctor-report.ts';
import type { Ended } from '../rig/program.ts';
import { password, type Rig } from '../rig/rig.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';
import { type Conduct, clearLogins, WatchedServer } from '../rig/watched-server.ts';
import { testCertificate } from '../standin/certificate.ts';

const verbs: Readonly<Record<string, readonly string[]>> = {
  backup: ['Sales', 'new.zst'],
  restore: ['restore', 'Sales2', 's.zst'],
  'verify --verifyonly': ['verify', '--verifyonly', 's.zst'],
  drill: ['drill', 's.zst'],
};

/** A folder with the backup s.zst, and a server that behaves as `conduct`. */
async function watched(
  conduct: Conduct,
  body: (rig: Rig, server: WatchedServer) => Promise<void>,
  leaves: readonly string[] = [],
): Promise<void> {
  await trial(['s.zst', ...leaves], async (rig) => {
    assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
    const server = await WatchedServer.start(conduct);
    try {
      await body(rig, server);
      assert.ok(server.connections > 0, 'the server was asked');
    } finally {
      server.stop();
    }
  });
}

function login(port: number): string[] {
  return ['-S', `127.0.0.1,${port}`, '-U', 'sa'];
}

suite('an end that cannot encrypt gets no login', { concurrency: 2 }, () => {
  for (const [verb, [word = '', ...rest]] of Object.entries(verbs))
    test(verb, () =>
      watched('not-supported', async (rig, server) => {
        const args = verb === 'backup' ? [word, ...rest] : [...rest];
        const head = verb === 'backup' ? [] : [word];
        const ended = await rig.bare([...head, ...login(server.port), '-C', ...args]).ended;
        assert.deepEqual(clearLogins(server.received, password), []);
        assertFailed(ended, 4, /declined to encrypt the connection: no login was sent/);
        assert.match(ended.stderr, /^hint: .*look at what listens there/m);
      }),
    );

  for (const option of [[], ['-C']])
    test(`doctor ${option.join(' ')}`, () =>
      watched('off', async (rig, server) => {
        const ended = await rig.bare(['doctor', '--json', ...login(server.port), ...option]).ended;
        assert.deepEqual(clearLogins(server.received, password), []);
        assert.equal(ended.code, 5, ended.stderr);
        assert.equal(finding(ended, 'tls').code, 'not-encrypted');
      }));
});

function finding({ stdout }: Ended, wanted: string): DoctorReport['findings'][number] {
  const { findings } = JSON.parse(stdout.toString()) as DoctorReport;
  const found = findings.find(({ check }) => check === wanted);
  assert.ok(found, `a finding for ${wanted}`);
  return found;
}

suite('who vouches for the certificate', { concurrency: 2 }, () => {
  const routed = (option: readonly string[]) =>
    watched(
      'routes',
      async (rig, server) => {
        await writeFile(rig.path('ca.pem'), testCertificate);
        const env = { NODE_EXTRA_CA_CERTS: rig.path('ca.pem') };
        const ended = await rig.bare([...login(server.port), ...option, 'Sales', 'x'], { env })
          .ended;
        assertFailed(ended, 4, /sends logins on to 127\.0\.0\.1,\d+, where this one was not sent/);
        assert.deepEqual(
          server.logins.map((one) => one.password),
          [password],
        );
        assert.deepEqual(clearLogins(server.received, password), []);
      },
      ['ca.pem'],
    );
  test('a server with a good certificate gets the login through TLS, and is not followed', () =>
    routed([]));
  test('the same with TLS around everything', () => routed(['-N', 's']));

  test('NODE_TLS_REJECT_UNAUTHORIZED=0 does not', () =>
    watched('encrypts', async (rig, server) => {
      for (const mode of ['m', 's']) {
        const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
        const args = [...login(server.port), '-N', mode, 'Sales', 'x'];
        assertFailed(await rig.bare(args, { env }).ended, 4, /certificate is not trusted/);
      }
      assert.deepEqual(server.logins, []);
    }));
});

test('-N o says once what it can show, encrypts the login where it can, and shows it where it cannot', () =>
  watched(
    'not-supported',
    async (rig, server) => {
      const warned = /^warning: -N o encrypts the login only if the other end can/gm;
      const sent = await rig.bare([...login(server.port), '-N', 'o', 'Sales', 'x']).ended;
      assertFailed(sent, 4, /closed the connection without answering the login/);
      assert.equal(sent.stderr.match(warned)?.length, 1, sent.stderr);
      assert.equal(server.logins[0]?.password, password);
      const good = await rig.bare([...login(rig.server.port), '-N', 'o', 'Sales', 'o.zst']).ended;
      assertSucceeded(good);
      assert.equal(good.stderr.match(warned)?.length, 1, good.stderr);
      assert.equal(rig.server.logins.at(-1)?.cipher, 'login-only');
    },
    ['o.zst'],
  ));

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

/** Another account of this machine: binds first, as anybody may, and counts the bytes that it is given. */
const stranger = `
  process.setgroups([]); process.setgid(${nobody}); process.setuid(${nobody});
  const say = (words) => process.stdout.write(words + '\\n');
  if (process.argv[1] === 'tcp') {
    const server = require('node:net').createServer((socket) => {
      say('connected');
      socket.on('error', () => {}).on('data', (bytes) => { say('got ' + bytes.length); socket.destroy(); });
    });
    server.listen(0, process.argv[2], () => say('port ' + server.address().port));
  } else {
    const socket = require('node:dgram').createSocket('udp4');
    socket.on('message', (bytes) => say('got ' + bytes.length));
    socket.bind(1434, '127.0.0.1', () => say('port 1434'));
  }`;

class Stranger {
  readonly #child: ChildProcess;
  readonly said: string[] = [];
  port = 0;

  private constructor(kind: 'tcp' | 'udp', address: string) {
    this.#child = spawn(process.execPath, ['--eval', stranger, kind, address], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  static async start(kind: 'tcp' | 'udp', address = '127.0.0.1'): Promise<Stranger> {
    const started = new Stranger(kind, address);
    const { stdout } = started.#child;
    assert.ok(stdout);
    const lines = createInterface(stdout);
    lines.on('line', (line) => started.said.push(line));
    await once(lines, 'line');
    started.port = Number(/^port (\d+)$/.exec(started.said[0] ?? '')?.[1]);
    return started;
  }

  get bytes(): string[] {
    return this.said.filter((line) => line.startsWith('got'));
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}

async function withStranger(
  kind: 'tcp' | 'udp',
  address: string,
  body: (rig: Rig, other: Stranger) => Promise<void>,
): Promise<void> {
  await trial([], async (rig) => {
    const other = await Stranger.start(kind, address);
    try {
      await body(rig, other);
    } finally {
      other.stop();
    }
  });
}

// Only root can become somebody else.
suite('a listener of nobody', { skip: isRoot ? false : 'needs root' }, () => {
  for (const [address, host] of [
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', 'localhost'],
    ['::', '127.0.0.1'],
    ['::', '::1'],
  ] as const)
    test(`at ${address} is told nothing by a run of root to ${host}`, () =>
      withStranger('tcp', address, async (rig, other) => {
        const server = ['-S', `${host},${other.port}`, '-U', 'sa', '-C'];
        const ended = await rig.bare([...server, 'Sales', 's.zst']).ended;
        assert.deepEqual(other.bytes, []);
        assertFailed(
          ended,
          4,
          /the listener of .+,\d+ belongs to nobody \(uid 65534\), which is neither SQL Server's account nor root: no login was sent/,
        );
        assert.match(ended.stderr, /^hint: .*--trust-listener/m);
      }));

  test('is spoken to with --trust-listener', () =>
    withStranger('tcp', '127.0.0.1', async (rig, other) => {
      const args = [...login(other.port), '--trust-listener', 'Sales', 's.zst'];
      assertFailed(await rig.bare(args).ended, 4, /closed the connection before a login was sent/);
      assert.equal(other.bytes.length, 1);
    }));

  test('is a problem to doctor', () =>
    withStranger('tcp', '127.0.0.1', async (rig, other) => {
      const ended = await rig.bare(['doctor', '--json', ...login(other.port), '-C']).ended;
      assert.equal(ended.code, 5);
      assert.equal(finding(ended, 'listener').code, 'foreign-listener');
      assert.deepEqual(other.bytes, []);
    }));

  test('at SQL Browser is not asked for the port of an instance', () =>
    withStranger('udp', '', async (rig, other) => {
      const ended = await rig.bare(['-S', '.\\PROD', '-U', 'sa', '-C', 'Sales', 's.zst']).ended;
      assertFailed(
        ended,
        4,
        /SQL Browser \(UDP 1434\) at localhost belongs to nobody \(uid 65534\)/,
      );
      assert.deepEqual(other.bytes, []);
    }));
});
