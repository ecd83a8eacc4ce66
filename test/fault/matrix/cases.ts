// Every case: a step of a scenario, a trouble of that step, a signal. A case has a name that is the same on every
// machine, and is run again by it.

import { random } from '../../rig/random.ts';
import type { Density, Scenario } from './scenario.ts';
import type { Step } from './step.ts';
import { hangs, type Trouble } from './trouble.ts';
import { troublesOf } from './troubles.ts';

/** What comes from outside at the moment the trouble is met. */
export const signalSets = {
  none: [],
  SIGINT: ['SIGINT'],
  SIGTERM: ['SIGTERM'],
  'SIGINT twice': ['SIGINT', 'SIGINT'],
} as const satisfies Record<string, readonly NodeJS.Signals[]>;
export type SignalSet = keyof typeof signalSets;

export interface Case {
  readonly name: string;
  readonly scenario: Scenario;
  readonly step: Step;
  readonly trouble: Trouble;
  readonly signals: SignalSet;
}

export function casesOf(scenario: Scenario, steps: readonly Step[]): Case[] {
  const cases: Case[] = [];
  for (const step of steps)
    for (const trouble of troublesOf(step, scenario))
      for (const signals of signalsFor(scenario, step, trouble))
        cases.push({
          name: [scenario.name, step.moment, step.name, trouble.name, signals].join('/'),
          scenario,
          step,
          trouble,
          signals,
        });
  return unique(cases);
}

/** Steps that a run takes twice at one moment may bear one name: the first stands for them. */
function unique(cases: readonly Case[]): Case[] {
  const known = new Map<string, Case>();
  for (const one of cases) if (!known.has(one.name)) known.set(one.name, one);
  return [...known.values()];
}

const all = Object.keys(signalSets) as SignalSet[];

function signalsFor(scenario: Scenario, step: Step, trouble: Trouble): readonly SignalSet[] {
  // Two minutes pass until a drill gives its DROP up; a second Ctrl-C does not wait for it.
  if (hangs(trouble) && step.kind === 'batch' && step.isDrop) return ['SIGINT twice'];
  const sets = setsOf(scenario.density, hangs(trouble));
  // Nothing but a signal ends a hang where there is no --stall-timeout, nor DBCC CHECKDB, which may take hours.
  const stalls = scenario.stalls && !(step.kind === 'batch' && /^DBCC\b/i.test(step.text));
  return hangs(trouble) && !stalls ? sets.filter((set) => set !== 'none') : sets;
}

function setsOf(density: Density, waits: boolean): readonly SignalSet[] {
  if (density === 'full') return all;
  return density === 'wide' || waits ? ['none', 'SIGINT'] : ['none'];
}

/** `count` of them, chosen by `seed`, in their order. */
export function sample(cases: readonly Case[], count: number, seed: number): Case[] {
  const chosen = new Set(shuffled(cases, seed).slice(0, count));
  return cases.filter((one) => chosen.has(one));
}

export function shuffled(cases: readonly Case[], seed = 1): Case[] {
  const dice = random(seed);
  const ranked = cases.map((one) => ({ one, rank: dice() }));
  return ranked.sort((a, b) => a.rank - b.rank).map(({ one }) => one);
}
