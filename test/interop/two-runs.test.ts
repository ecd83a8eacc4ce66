// Two runs of one target that do not see each other's socket, started together and killed at random: an OK is only ever
// said of the file that bears the name, and that file is whole. VDIBACKUP_TWO_RUNS sets how many rounds each way takes.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { anotherMount, anotherNetwork, type FarPlace, lacking } from '../rig/far-run.ts';
import type { Ended, Program } from '../rig/program.ts';
import type { Rig } from '../rig/rig.ts';
import { trial } from '../rig/trial.ts';
import { wholeArchive } from '../rig/whole-archive.ts';

const rounds = Number(process.env.VDIBACKUP_TWO_RUNS ?? 6);
const bytes = 8 * 1024 * 1024;
/** Longest head start of one of the two, and latest kill, milliseconds: about a whole run. */
const longestMs = 1500;
/** The end of a run is short: slow file calls stretch it, so that starts and kills hit it, too. */
const stretches = [
  '',
  'any-write:sleep60:1+',
  'fsync:sleep300:1+',
  'link:sleep200:1+;rename:sleep200:1+',
];

/** What bears the final name: a whole archive, or the test fails. */
async function published(rig: Rig): Promise<{ setId: string; database: string } | undefined> {
  if (!existsSync(rig.path('s.zst'))) return undefined;
  const file = await rig.read('s.zst');
  if (file.toString('latin1', 0, 9) === 'yesterday') return undefined;
  const { header, finished } = wholeArchive(file);
  assert.ok(finished, 'finished');
  return { setId: header.setId.toLowerCase(), database: header.database };
}

async function ended(program: Program, killed: boolean): Promise<Ended> {
  if (killed) {
    await Promise.race([sleep(Math.random() * longestMs), program.ended]);
    program.signal('SIGKILL');
  }
  return program.ended;
}

interface Round {
  readonly near: Ended;
  readonly far: Ended;
}

async function round(rig: Rig, far: FarPlace, overwrite: boolean): Promise<Round> {
  const stretch = stretches[Math.floor(Math.random() * stretches.length)] ?? '';
  const env = stretch ? rig.witnessed(stretch) : {};
  const words = ['s.zst', ...(overwrite ? ['--overwrite'] : [])];
  const dice = Math.random();
  const lead = Math.random() * longestMs * 0.5;
  const starts = [
    async () => ended(rig.run(['Sales', ...words], { env }), dice < 0.3),
    async () => ended(far.run(words, env), dice > 0.2 && dice < 0.5),
  ] as const;
  const wait = (turn: boolean) => (turn ? sleep(lead) : Promise.resolve());
  const nearFirst = Math.random() < 0.5;
  const [near, other] = await Promise.all([
    wait(!nearFirst).then(starts[0]),
    wait(nearFirst).then(starts[1]),
  ]);
  return { near, far: other };
}

const saidSet = ({ code, stderr }: Ended) =>
  code === 0 ? /^OK .* set=(\S+)$/m.exec(stderr)?.[1]?.toLowerCase() : undefined;

async function judge(rig: Rig, { near, far }: Round, overwrite: boolean): Promise<void> {
  const words = [near, far]
    .map(({ code, signal, stderr }) => `${code ?? signal}\n${stderr}`)
    .join('\n--\n');
  for (const { code } of [near, far])
    assert.ok(code === null || [0, 8, 11].includes(code), `exit ${code}\n${words}`);
  const oks = [near, far].map(saidSet).filter((set) => set !== undefined);
  const file = await published(rig).catch((thrown: unknown) => {
    throw new Error(`${String(thrown)}\n${words}`);
  });
  // Killed after its file had got the name: no OK, but its file.
  const unsaid = [near, far].some(({ code }) => code === null);
  if (file && !unsaid) assert.ok(oks.includes(file.setId), words);
  if (oks.length > 0) assert.ok(file && (oks.includes(file.setId) || unsaid), words);
  if (!overwrite) assert.ok(oks.length < 2, words);
}

async function runRounds(rig: Rig, far: FarPlace): Promise<string> {
  const count: Record<string, number> = {};
  for (let done = 0; done < rounds; done += 1) {
    const overwrite = done % 2 === 1;
    await rm(rig.path('s.zst'), { force: true });
    if (overwrite) await writeFile(rig.path('s.zst'), 'yesterday');
    const both = await round(rig, far, overwrite);
    await judge(rig, both, overwrite);
    for (const { code } of [both.near, both.far]) {
      const how = code === null ? 'killed' : `exit ${code}`;
      count[how] = (count[how] ?? 0) + 1;
    }
  }
  return Object.entries(count)
    .sort()
    .map(([how, times]) => `${how}: ${times}`)
    .join(', ');
}

const places = {
  'in another network namespace': (rig: Rig) => anotherNetwork(rig, `Other=generate:${bytes}`),
  'through a bind mount': (rig: Rig) => anotherMount(rig, 'Other'),
};

suite(`two runs of one target, ${rounds} times`, () => {
  for (const [where, open] of Object.entries(places))
    test(`one of them ${where}: never an OK for another's file`, (context) => {
      const lacks = lacking();
      if (lacks) throw new Error(lacks);
      const databases = ['Sales', 'Other'].map((name, seed) => ({
        name,
        streams: { kind: 'generate', bytes, seed } as const,
      }));
      return trial(
        [],
        async (rig) => {
          const far = await open(rig);
          try {
            context.diagnostic(`${where}: ${await runRounds(rig, far)}`);
            // What killed runs left.
            for (const name of await rig.files()) await rm(rig.path(name));
          } finally {
            await far.close();
          }
        },
        { databases },
      );
    });
});
