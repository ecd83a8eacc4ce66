// The readers under fuzz, in the order of the run.

export interface TargetFacts {
  /** Longest input, bytes: what the reader needs to show all it does, and no more, because short inputs are fast. */
  readonly maxBytes: number;
  /** It answers at once, which the fuzzer uses to be several times as fast. */
  readonly sync?: true;
  /** Longest time of one input, seconds; `inputSeconds` of session.ts where it says nothing. */
  readonly seconds?: number;
}

export const targets = {
  archive: { maxBytes: 32_768 },
  'json-frame': { maxBytes: 4096, sync: true },
  'seek-table': { maxBytes: 1024 },
  frames: { maxBytes: 8192 },
  mtf: { maxBytes: 32_768 },
  mssqlbak: { maxBytes: 32_768 },
  xpress: { maxBytes: 4096, sync: true },
  // It judges the processor time of each of its six commands itself; a busy machine makes them wait.
  commands: { maxBytes: 256, seconds: 60 },
  'with-options': { maxBytes: 1024, sync: true },
  'connection-text': { maxBytes: 1024, sync: true },
  names: { maxBytes: 512, sync: true },
  relocation: { maxBytes: 2048, sync: true },
} satisfies Record<string, TargetFacts>;

export type TargetName = keyof typeof targets;

export const targetNames = Object.keys(targets) as TargetName[];

type Fuzz = (data: Uint8Array) => void | Promise<void>;

/** Of this process: not instrumented. */
export async function loadTarget(name: TargetName): Promise<Fuzz> {
  const module: { readonly fuzz: Fuzz } = await import(`./targets/${name}.js`);
  return module.fuzz;
}
