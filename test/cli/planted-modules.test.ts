// A module that somebody planted where Node.js would look is never run: not in the main thread, not in a worker, not as
// CommonJS and not as an ES module. Programs run as installed, without what an installation leaves out.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import Module from 'node:module';
import { dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import { type Installation, install, type Layout, plant } from '../rig/installation.ts';
import { type Ended, Program } from '../rig/program.ts';
import { Rig } from '../rig/rig.ts';
import { assertFailed, assertSucceeded } from '../rig/trial.ts';

/** What a production installation lacks and something in it asks for, and what each kind of thread cannot run without. */
const names = ['supports-color', 'msnodesqlv8', 'zstd-napi', 'ffi-rs', 'commander', 'mssql'];

interface Trap {
  readonly rig: Rig;
  readonly installed: Installation;
  /** Environment and current folder of an unwary caller. */
  readonly caller: { readonly env: Record<string, string>; readonly cwd: string };
  /** Names of the planted modules that ran. */
  ran(): Promise<string[]>;
}

/** Modules planted above an installation, in HOME, in NODE_PATH and in the current folder. */
async function trapped(
  layout: Layout,
  missing: readonly string[],
  body: (trap: Trap) => Promise<void>,
): Promise<void> {
  const rig = await Rig.create();
  try {
    const installed = await install(rig.path('opt/app'), layout, missing);
    const proof = rig.path('proof');
    const home = rig.path('home');
    const nodePath = rig.path('modules');
    const cwd = rig.path('cwd');
    const places = [
      rig.path('node_modules'),
      rig.path('opt/node_modules'),
      join(home, '.node_modules'),
      join(home, '.node_libraries'),
      nodePath,
      join(cwd, 'node_modules'),
      // A global installation has neighbours that are not its own.
      ...(layout === 'global' ? [dirname(installed.root)] : []),
    ];
    for (const place of places) for (const name of names) await plant(place, name, proof);
    await body({
      rig,
      installed,
      caller: { env: { HOME: home, NODE_PATH: nodePath }, cwd },
      ran: async () => (existsSync(proof) ? (await readFile(proof, 'utf8')).split('\n') : []),
    });
  } finally {
    await rig.close();
  }
}

function run({ rig, installed, caller }: Trap, args: readonly string[]): Promise<Ended> {
  return new Program([process.execPath, installed.bin, ...args], {
    cwd: caller.cwd,
    env: { ...rig.environment, ...caller.env },
  }).ended;
}

/** Runs `code` in a file at `path`, as any module of the installation is. */
async function runFile(
  { caller }: Trap,
  path: string,
  code: string,
  options: readonly string[] = [],
): Promise<Ended> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, code);
  return new Program([process.execPath, ...options, path], caller).ended;
}

/** Starts `file` as a worker, with as much of its data as it reads before it loads a package; prints why it failed. */
const workerStarter = (file: string) =>
  `const shared = () => new SharedArrayBuffer(65536);
   const pool = { control: shared(), memory: shared(), slotCount: 1, slotCapacity: 512 };
   const workerData = { control: shared(), pool, system: 'native', keys: {} };
   new (require('node:worker_threads').Worker)(${JSON.stringify(file)}, { workerData })
    .on('error', (error) => console.log(error.message.split('\\n')[0]));`;

const layouts: readonly Layout[] = ['checkout', 'global', 'project', 'pnpm'];

suite('planted modules', { concurrency: 2 }, () => {
  for (const layout of layouts) {
    test(`a backup runs none, installed as ${layout}`, () =>
      trapped(layout, [], async (trap) => {
        const out = trap.rig.path('sales.bak.zst');
        assertSucceeded(await run(trap, [...trap.rig.connection, 'Sales', out]));
        const verified = await run(trap, ['verify', out]);
        assert.equal(verified.code, 0, verified.stderr);
        assert.deepEqual(await trap.ran(), []);
      }));

    test(`-E without msnodesqlv8 says that it is not installed, installed as ${layout}`, () =>
      trapped(layout, ['msnodesqlv8'], async (trap) => {
        const ended = await run(trap, ['-S', 'localhost,1', '-E', 'Sales', trap.rig.path('x.zst')]);
        assertFailed(ended, 4, /msnodesqlv8, which is not installed/);
        assert.deepEqual(await trap.ran(), []);
      }));
  }

  const threads = [
    ['main.cjs', 'commander'],
    ['compress-worker.cjs', 'zstd-napi'],
    ['decompress-worker.cjs', 'zstd-napi'],
    ['device-worker.cjs', 'ffi-rs'],
  ] as const;
  for (const [file, name] of threads)
    test(`${file} takes no ${name} from elsewhere when its own is gone`, () =>
      trapped('checkout', [name], async (trap) => {
        const bundle = join(trap.installed.root, 'dist', 'bundle', file);
        const started = await runFile(
          trap,
          trap.rig.path('start.cjs'),
          file === 'main.cjs' ? `require(${JSON.stringify(bundle)});` : workerStarter(bundle),
        );
        assert.match(`${started.stdout}${started.stderr}`, /Cannot find module/, started.stderr);
        assert.deepEqual(await trap.ran(), []);
      }));

  // Node.js before 22.15 lets no program decide: the test after this one shows why none has to.
  const decidesImports = 'registerHooks' in Module;
  if (decidesImports)
    test('an import() in a package of the tree finds none', () =>
      trapped('checkout', [], async (trap) => {
        const guard = join(trap.installed.root, 'dist', 'bundle', 'module-guard.cjs');
        const code =
          "import('supports-color').catch(({ code }) => code).then((found) => console.log(found));" +
          "import('pino').then(({ default: pino }) => console.log(typeof pino));";
        const prober = join(trap.installed.root, 'node_modules', 'prober', 'index.cjs');
        const { stdout } = await runFile(trap, prober, code, ['--require', guard]);
        assert.deepEqual(stdout.toString().trim().split('\n').sort(), [
          'ERR_MODULE_NOT_FOUND',
          'function',
        ]);
        assert.deepEqual(await trap.ran(), []);
      }));

  test('no file that a backup loads imports a bare name: old Node.js could not guard that', () =>
    trapped('checkout', [], async (trap) => {
      const list = trap.rig.path('loaded');
      const printer = trap.rig.path('printer.cjs');
      await writeFile(
        printer,
        `process.on('exit', () => require('node:fs').appendFileSync(${JSON.stringify(list)},
          Object.keys(require.cache).map((file) => file + '\\n').join('')));`,
      );
      // Coverage alone takes the long way out, which runs the listeners of exit.
      const env = { NODE_OPTIONS: `--require ${printer}`, NODE_V8_COVERAGE: trap.rig.path('cov') };
      const out = trap.rig.path('sales.bak.zst');
      const loud = { ...trap, caller: { ...trap.caller, env: { ...trap.caller.env, ...env } } };
      assertSucceeded(await run(loud, [...trap.rig.connection, 'Sales', out]));
      const files = new Set((await readFile(list, 'utf8')).split('\n'));
      const loaded = [...files].filter((file) => file.startsWith(trap.installed.root));
      assert.ok(
        loaded.some((file) => file.includes('/tedious/')),
        'the driver was loaded',
      );
      for (const file of loaded.filter((name) => /\.[cm]?js$/.test(name))) {
        const text = await readFile(file, 'utf8');
        const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
        assert.deepEqual(
          code.match(/\bimport\((?!\s*['"]node:)[^)]*\)/g)?.map((found) => `${file}: ${found}`) ??
            [],
          [],
        );
      }
      await rm(list);
    }));
});
