// The readers under fuzz, in the order of the run.

export interface TargetFacts {
  /** Longest input, bytes: what the reader needs to show all it does, and no more, because short inputs are fast. */
  readonly maxBytes: number;
}

export const targets = {
  archive: { maxBytes: 32_768 },
  'json-frame': { maxBytes: 4096 },
  'seek-table': { maxBytes: 1024 },
  frames: { maxBytes: 8192 },
  mtf: { maxBytes: 32_768 },
  mssqlbak: { maxBytes: 32_768 },
  xpress: { maxBytes: 4096 },
  'with-options': { maxBytes: 1024 },
  'connection-text': { maxBytes: 1024 },
  names: { maxBytes: 512 },
  relocation: { maxBytes: 2048 },
} as const satisfies Record<string, TargetFacts>;

export type TargetName = keyof typeof targets;

export const targetNames = Object.keys(targets) as TargetName[];

type Fuzz = (data: Uint8Array) => void | Promise<void>;

/** Of this process: not instrumented. */
export async function loadTarget(name: TargetName): Promise<Fuzz> {
  const module: { readonly fuzz: Fuzz } = await import(`./targets/${name}.js`);
  return module.fuzz;
}
