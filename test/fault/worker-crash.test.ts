// A worker thread that dies. Nothing in src knows how: a module preloaded from outside (NODE_OPTIONS) ends or breaks
// the thread that is to die, as a defect or a lack of memory would.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { assertServerFree } from '../rig/aborting.ts';
import { drillDatabases } from '../rig/drill-phases.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';

const preload = `
import { parentPort, workerData } from 'node:worker_threads';
const [who, what, when] = process.env.TEST_CRASH.split(' ');
const { level, device, pool } = workerData ?? {};
const me = level !== undefined ? 'compress' : device === 0 ? 'device' : device === undefined && pool ? 'decompress' : 'other';
if (parentPort && who === me) {
  const say = parentPort.postMessage.bind(parentPort);
  let said = 0;
  parentPort.postMessage = (message) => {
    said += 1;
    if (said !== Number(when)) say(message);
    else if (what === 'exit') process.exit(3);
    else if (what === 'throw') throw new Error('provoked');
    else { const all = []; for (;;) all.push(new Array(1e5).fill(said).map(String)); }
  };
}
`;

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vdibackup-preload-'));
  await writeFile(join(folder, 'preload.mjs'), preload);
});
after(() => rm(folder, { recursive: true }));

function provoked(crash: string): Record<string, string> {
  return {
    // A small heap, so that running out of it takes no time; it does not hold the frames.
    NODE_OPTIONS: `--max-old-space-size=96 --import ${pathToFileURL(join(folder, 'preload.mjs'))}`,
    TEST_CRASH: crash,
  };
}

const crashes: [string, string, RegExp, number?][] = [
  ['a compress thread that throws', 'compress throw 2', /a compression thread died: provoked/],
  ['a compress thread that ends', 'compress exit 2', /a compression thread died: exit code 3/],
  [
    'a compress thread that runs out of memory',
    'compress memory 2',
    /there is not enough memory/,
    5,
  ],
  ['a device thread that ends before its first command', 'device exit 1', /device/],
  [
    'a device thread that throws in the middle',
    'device throw 3',
    /virtual device 0 broke off: .*provoked/,
  ],
  [
    'a device thread that ends in the middle, with a command in its hands',
    'device exit 3',
    /virtual device 0 broke off/,
  ],
  [
    'a device thread that runs out of memory in the middle',
    'device memory 3',
    /virtual device 0 broke off: .*memory/,
  ],
];

suite('a thread that dies ends the backup with a sentence, its exit code, and nothing left', {
  concurrency: 3,
}, () => {
  for (const [title, crash, reason, exitCode = 1] of crashes) {
    for (const files of [['s.zst'], ['s1.zst', 's2.zst', 's3.zst']]) {
      test(`${title}, with ${files.length} device(s)`, () =>
        trial([], async (rig) => {
          const program = rig.run(['Sales', ...files], { env: provoked(crash) });
          // How long the thread takes to die is the provocation's own; what follows is ours.
          await program.until(
            'SignalAbort',
            () => rig.judged().some((line) => / SignalAbort /.test(line)),
            60_000,
          );
          const at = performance.now();
          assertFailed(await program.ended, exitCode, reason);
          const endMs = performance.now() - at;
          assert.ok(endMs < 3000, `${Math.round(endMs)} ms\n${program.stderr}`);
        }));
    }
  }
});

suite('a decompression thread that dies ends with exit 1', { concurrency: 3 }, () => {
  const commands: [string, string[]][] = [
    ['verify', ['verify', 's.zst']],
    ['extract', ['extract', 's.zst', 'out.bak']],
    ['restore', ['restore', 'Copy', 's.zst']],
    ['drill', ['drill', 's.zst']],
  ];
  for (const [name, words] of commands)
    for (const how of ['throw', 'exit'])
      test(`${name}: ${how}`, () =>
        trial(['s.zst'], async (rig) => {
          assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
          const env = provoked(`decompress ${how} 2`);
          const server = name === 'restore' || name === 'drill';
          const ended = await (server ? rig.run(words, { env }) : rig.bare(words, { env })).ended;
          assertFailed(ended, 1, /a decompression thread died: (provoked|exit code 3)/);
          await assertServerFree(rig);
          assert.deepEqual(drillDatabases(rig), []);
        }));
});
