// Root runs no program and loads no library that others can change. Real owners and modes, so it needs root.

import assert from 'node:assert/strict';
import { chmod, chown, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { type Installation, install } from '../rig/installation.ts';
import { type Ended, Program } from '../rig/program.ts';
import { binPath, libraryPath, type Rig } from '../rig/rig.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';

const nobody = 65534;

suite('code that others can change', () => {
  before(() => {
    assert.equal(process.geteuid?.(), 0, 'run as root: files of other owners are needed');
  });

  async function withLibrary(rig: Rig, mode: number, owner: number): Promise<string> {
    const folder = rig.path('lib');
    await mkdir(folder);
    const library = join(folder, 'libsqlvdi.so');
    await copyFile(libraryPath, library);
    await chmod(library, mode);
    await chown(library, owner, owner);
    return library;
  }

  const out = 'sales.bak.zst';
  const refused = /others than root can change the VDI library: .*libsqlvdi\.so /;

  for (const [what, mode, owner, why] of [
    ['a library of nobody, mode 0777', 0o777, nobody, /belongs to uid 65534 \(mode 0777\)/],
    ['a library of nobody, mode 0755', 0o755, nobody, /belongs to uid 65534 \(mode 0755\)/],
    ["root's library, mode 0777", 0o777, 0, /is writable by everyone \(mode 0777\)/],
  ] as const)
    test(`${what}: exit 5 before it is loaded, with its path and what to do`, () =>
      trial(['lib'], async (rig) => {
        const library = await withLibrary(rig, mode, owner);
        const ended = await rig.run(['--vdi-library', library, 'Sales', rig.path(out)]).ended;
        assertFailed(ended, 5, refused);
        assert.match(ended.stderr, why);
        assert.match(ended.stderr, /^hint: .*sudo ch(own|mod) .*libsqlvdi\.so$/m);
        assert.deepEqual(rig.judged(), [], 'the library was not called');
      }));

  test('the variable is looked at like the option, by restore, drill and verify --verifyonly, too', () =>
    trial(['lib', out], async (rig) => {
      const library = await withLibrary(rig, 0o777, nobody);
      assertSucceeded(await rig.run(['Sales', rig.path(out)]).ended);
      const env = { VDIBACKUP_VDI_LIBRARY: library };
      const connection = ['-S', `127.0.0.1,${rig.server.port}`, '-U', 'sa', '-C'];
      const instance = ['-S', `127.0.0.1,${rig.server.port}`, '-U', 'sa', '-C'];
      for (const args of [
        [...connection, 'Sales', rig.path('other.zst')],
        ['restore', ...connection, 'Copy', rig.path(out)],
        ['drill', ...connection, rig.path(out)],
        ['verify', '--verifyonly', ...instance, rig.path(out)],
      ])
        assertFailed(await rig.bare(args, { env }).ended, 5, refused);
    }));

  test('--allow-writable-program loads it all the same', () =>
    trial(['lib', out], async (rig) => {
      const library = await withLibrary(rig, 0o777, nobody);
      const options = ['--allow-writable-program', '--vdi-library', library];
      assertSucceeded(await rig.run([...options, 'Sales', rig.path(out)]).ended);
    }));

  test('in a user namespace an owner from outside of it is nobody who could change it', () =>
    trial(['lib', out], async (rig) => {
      const outsider = 1234;
      const library = await withLibrary(rig, 0o755, outsider);
      const inside = (...words: string[]) => {
        const args = ['--vdi-library', library, ...rig.connection, ...words];
        const program = ['unshare', '--user', '--map-root-user', process.execPath, binPath];
        return new Program([...program, ...args], { env: rig.environment }).ended;
      };
      assertSucceeded(await inside('Sales', rig.path(out)));
      await chmod(library, 0o757);
      assertFailed(
        await inside('Sales', rig.path(out), '--overwrite'),
        5,
        /is writable by everyone/,
      );
    }));

  test('doctor calls it a problem, with the command that ends it', () =>
    trial(['lib'], async (rig) => {
      const library = await withLibrary(rig, 0o777, nobody);
      const ended = await rig.run(['doctor', '--vdi-library', library]).ended;
      assert.equal(ended.code, 5, ended.stderr);
      assert.match(
        ended.stdout.toString(),
        /^problem {2}vdi-library .* belongs to uid 65534 .*\[vdi-library-writable\]\n +fix: sudo chown -h root .* && sudo chmod go-w .*$/m,
      );
    }));

  /** A program of its own, on which `weaken` is tried. */
  async function installed(
    weaken: (program: Installation) => Promise<void>,
    body: (run: (args: readonly string[]) => Promise<Ended>, rig: Rig) => Promise<void>,
  ): Promise<void> {
    await trial(['opt'], async (rig) => {
      const program = await install(rig.path('opt'), 'global');
      await weaken(program);
      const run = (args: readonly string[]) =>
        new Program([process.execPath, program.bin, ...args], { env: rig.environment }).ended;
      await body(run, rig);
    });
  }

  const weaknesses: readonly [string, string, (program: Installation) => Promise<void>][] = [
    ['its package folder', '.', ({ root }) => chmod(root, 0o777)],
    ['the folder above', '..', ({ root }) => chmod(join(root, '..'), 0o777)],
    ['its node_modules', 'node_modules', ({ root }) => chmod(join(root, 'node_modules'), 0o1777)],
    [
      'a package',
      'node_modules/mssql',
      ({ root }) => chown(join(root, 'node_modules/mssql'), nobody, 0),
    ],
    [
      'its bundle',
      'dist/bundle/main.cjs',
      async ({ root }) => {
        // The tree consists of hard links: a mode belongs to all of them.
        const file = join(root, 'dist/bundle/main.cjs');
        const copy = `${file}.copy`;
        await copyFile(file, copy);
        await (await import('node:fs/promises')).rename(copy, file);
        await chmod(file, 0o666);
      },
    ],
  ];
  for (const [what, path, weaken] of weaknesses)
    test(`${what} is writable: exit 5, and the switch lets it run`, () =>
      installed(weaken, async (run, rig) => {
        const { lastLine, ...ended } = await run(['info', '/dev/null/none']);
        assertFailed(
          { ...ended, lastLine },
          5,
          /others than root can change vdibackup: \S+ (is writable|belongs)/,
        );
        const named = /change vdibackup: (\S+) /.exec(lastLine)?.[1];
        assert.equal(named, join(rig.path('opt/node_modules/vdibackup'), path));
        assertFailed(await run(['info', '--allow-writable-program', '/dev/null/none']), 8, /./);
      }));

  test('doctor finds a single file deep in a package, a run does not take the time', () =>
    installed(
      async ({ root }) => {
        const file = join(root, 'node_modules/mssql/lib/planted.js');
        await writeFile(file, '');
        await chmod(file, 0o666);
      },
      async (run, rig) => {
        assertFailed(await run(['info', '/dev/null/none']), 8, /./);
        const { stdout, code } = await run(['doctor', ...rig.connection]);
        assert.equal(code, 5);
        assert.match(
          stdout.toString(),
          /^problem {2}program .*planted\.js is writable by everyone \(mode 0666\) \[program-writable\]\n +fix: sudo chmod go-w /m,
        );
      },
    ));
});
