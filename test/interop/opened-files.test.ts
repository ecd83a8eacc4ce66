// What a run of root opens: its own tree, the files it was told of, and what docs/security.md lists. strace says so.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { before, suite, test } from 'node:test';
import { type Installation, install, plant } from '../rig/installation.ts';
import { Program } from '../rig/program.ts';
import { libraryPath, type Rig } from '../rig/rig.ts';
import { trial } from '../rig/trial.ts';

const project = join(import.meta.dirname, '..', '..', '..');

/** As docs/security.md lists them; `*` stands for any part of a path. */
const allowed = [
  '/etc/ld.so.cache',
  '/etc/ld.so.preload',
  '/lib/*.so*',
  '/lib64/*.so*',
  '/usr/lib/*.so*',
  '/etc/ssl/openssl.cnf',
  '/usr/lib/ssl/openssl.cnf',
  '/usr/local/ssl/openssl.cnf',
  '/etc/nsswitch.conf',
  '/etc/resolv.conf',
  '/etc/netsvc.conf',
  '/etc/svc.conf',
  '/etc/hosts',
  '/etc/passwd',
  '/etc/group',
  '/etc/localtime',
  '/proc/meminfo',
  '/proc/sys/vm/overcommit_memory',
  '/proc/net/*',
  '/proc/self/*',
  '/proc/sys/kernel/overflowuid',
  '/proc/1/cgroup',
  '/proc/version_signature',
  '/sys/devices/system/cpu/*',
  '/sys/fs/cgroup/*',
  '/dev/null',
  '/dev/urandom',
  '/var/opt/mssql/mssql.conf',
];
const patterns = allowed.map(
  (glob) => new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '.*')}$`),
);

suite('what a run opens', () => {
  before(() => {
    assert.equal(process.geteuid?.(), 0, 'run as root: what root opens is the question');
    assert.doesNotThrow(() => execFileSync('strace', ['-V']), 'strace is not installed');
  });

  /** Paths that were opened or executed, resolved where they are relative. */
  async function opened(rig: Rig, installed: Installation, args: readonly string[]) {
    const log = `${rig.folder}.strace`;
    const trace = ['-f', '-qq', '-e', 'trace=open,openat,openat2,creat,execve', '-o', log];
    const cwd = rig.path('cwd');
    const ended = await new Program(
      ['strace', ...trace, process.execPath, installed.bin, ...args],
      {
        cwd,
        env: { ...rig.environment, HOME: rig.path('home'), NODE_PATH: rig.path('modules') },
      },
    ).ended;
    assert.equal(ended.code, 0, ended.stderr);
    const calls = (await readFile(log, 'utf8')).split('\n');
    execFileSync('rm', [log]);
    return [
      ...new Set(
        calls.flatMap((line) => {
          const path = /\b(?:open|openat|openat2|creat|execve)\([^"]*"((?:[^"\\]|\\.)*)"/.exec(
            line,
          );
          return path?.[1] === undefined ? [] : [resolve(cwd, path[1])];
        }),
      ),
    ];
  }

  test('is its own tree, the files it was told of, and what docs/security.md lists', () =>
    trial(['cwd', 'home', 'modules', 'node_modules', 'opt', 's.bak', 's.zst'], async (rig) => {
      const installed = await install(rig.path('opt/app'), 'checkout');
      for (const place of ['node_modules', 'home/.node_modules', 'modules', 'cwd/node_modules'])
        await plant(rig.path(place), 'supports-color', rig.path('proof'));
      await mkdir(rig.path('cwd'), { recursive: true });
      const connection = ['-S', `127.0.0.1,${rig.server.port}`, '-U', 'sa', '-C'];
      const [archive, native] = [rig.path('s.zst'), rig.path('s.bak')];
      const told = [
        `${installed.root}/`,
        process.execPath,
        libraryPath,
        archive,
        native,
        // Of the stand-in: its library's log and what it exchanges with its server.
        rig.judgeLog,
        `${rig.server.folder}/`,
      ];
      const runs = [
        [...connection, 'Sales', archive],
        ['info', archive],
        ['verify', archive],
        ['extract', archive, native],
        ['restore', ...connection, 'Copy', archive],
        ['drill', ...connection, archive],
        ['doctor', ...connection, 'Sales', '--dest', rig.path('opt')],
      ];
      for (const args of runs) {
        const strangers = (await opened(rig, installed, args)).filter(
          (path) =>
            !told.some((known) => path.startsWith(known)) &&
            path !== rig.folder &&
            !patterns.some((pattern) => pattern.test(path)),
        );
        assert.deepEqual(strangers, [], args.join(' '));
      }
    }));

  test('is listed in docs/security.md, path by path', async () => {
    const document = await readFile(join(project, 'docs', 'security.md'), 'utf8');
    const [, section = ''] = document.split('\n## What a run opens\n');
    const rows = (section.split('\n## ')[0] ?? '').replaceAll(/^(?!\|).*$/gm, '');
    const listed = [...rows.matchAll(/`(\/[^`]+)`/g)].map((match) => match[1]);
    assert.deepEqual([...new Set(listed)].sort(), [...allowed].sort());
  });
});
