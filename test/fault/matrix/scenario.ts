// What is run under faults: one command line each, on which files, against which databases. A table; the steps of each
// are found by recording a run of it.

import type { InstanceOptions } from '../../standin/instance.ts';

export type Verb = 'backup' | 'restore' | 'extract' | 'drill' | 'verify';

/**
 * full: every trouble of a step with every signal. wide: every trouble, alone and with Ctrl-C. light: one trouble of a
 * kind, Ctrl-C where something hangs; what differs from the others is the files, not the order of things.
 */
export type Density = 'full' | 'wide' | 'light';

/** A file the run is to bring into being, with everything that stands on it. */
export interface Target {
  readonly name: string;
  /** What bears its name before; `undefined`: nothing. */
  readonly before?: string;
  readonly holds: 'archive' | 'stream' | 'checksum' | 'evidence';
  /** Device whose bytes it holds. */
  readonly device: number;
}

export interface Scenario {
  readonly name: string;
  readonly verb: Verb;
  readonly args: readonly string[];
  /** Whether it connects to SQL Server. */
  readonly connects: boolean;
  /** Files that are there before and must never change. */
  readonly sources: readonly Source[];
  readonly targets: readonly Target[];
  readonly instance?: Partial<InstanceOptions>;
  readonly density: Density;
  /** Whether it knows `--stall-timeout`: then a hang that nobody interrupts ends by itself. */
  readonly stalls: boolean;
}

/** Made once by vdibackup itself (material.ts). */
export type Source = 'full.zst' | 'log.zst';

const yesterday = 'the backup of yesterday';
const archive = (name: string, device = 0): Target => ({ name, holds: 'archive', device });

function backup(name: string, args: readonly string[], more: Partial<Scenario>): Scenario {
  return {
    name,
    verb: 'backup',
    args,
    connects: true,
    sources: [],
    targets: [archive('s.zst')],
    stalls: true,
    density: 'light',
    ...more,
  };
}

function reading(
  name: string,
  verb: Verb,
  args: readonly string[],
  more: Partial<Scenario>,
): Scenario {
  const base = { name, verb, args, connects: true, stalls: true, density: 'light' } as const;
  return { ...base, sources: ['full.zst'], targets: [], ...more };
}

export const scenarios: readonly Scenario[] = [
  backup('backup', ['Sales', 's.zst'], { density: 'full' }),
  backup('backup-overwrite', ['Sales', 's.zst', '--overwrite', '--sha256'], {
    density: 'wide',
    targets: [
      { ...archive('s.zst'), before: yesterday },
      { name: 's.zst.sha256', before: `${yesterday}.sha256`, holds: 'checksum', device: 0 },
    ],
  }),
  backup('backup-stripes', ['Sales', 'a.zst', 'b.zst', '--overwrite'], {
    targets: [
      { ...archive('a.zst'), before: `${yesterday} a` },
      { ...archive('b.zst', 1), before: `${yesterday} b` },
    ],
  }),
  backup('backup-log', ['Sales', 's.zst', '--type', 'log'], {}),
  backup('backup-bare', ['Sales', 's.bak', '--compress', 'none'], {
    targets: [{ name: 's.bak', holds: 'stream', device: 0 }],
  }),
  backup('backup-without-complete', ['Sales', 's.zst'], { instance: { completeEnabled: false } }),
  reading('restore', 'restore', ['restore', 'Copy', 'full.zst'], { density: 'wide' }),
  reading('restore-chain', 'restore', ['restore', 'Copy', 'full.zst', 'log.zst'], {
    sources: ['full.zst', 'log.zst'],
  }),
  reading('extract', 'extract', ['extract', 'full.zst', 'out.bak'], {
    density: 'full',
    connects: false,
    stalls: false,
    targets: [{ name: 'out.bak', holds: 'stream', device: 0 }],
  }),
  reading('extract-overwrite', 'extract', ['extract', 'full.zst', 'out.bak', '--overwrite'], {
    connects: false,
    stalls: false,
    targets: [{ name: 'out.bak', before: yesterday, holds: 'stream', device: 0 }],
  }),
  reading('verify', 'verify', ['verify', 'full.zst'], { connects: false, stalls: false }),
  reading(
    'verify-server',
    'verify',
    ['verify', '--verifyonly', 'full.zst', '--transfer-size', '1MiB'],
    {},
  ),
  reading('drill', 'drill', ['drill', 'full.zst', '--junit', 'evidence.xml'], {
    density: 'wide',
    targets: [{ name: 'evidence.xml', before: yesterday, holds: 'evidence', device: 0 }],
  }),
];

export function isUnder(scenario: Scenario, name: string): Target | undefined {
  return scenario.targets.find(
    (target) => name === target.name || name === `${target.name}.partial`,
  );
}
