// The port between a stripe's writer and the place its bytes go to: a file (partial-file.ts) or standard
// output (stdout-sink.ts).

/**
 * Where the bytes of one stripe go.
 *
 * One call at a time: the next one starts after the promise of the last has settled. `bytes` belong to
 * the sink until then. Every rejection is a `Failure` of kind `io` with a Win32 code, and it is sticky:
 * after it all calls but `discard` reject with the same one.
 */
export interface Sink {
  /** The name for messages: `sales.bak.partial`, `standard output`. */
  readonly name: string;
  /** Whether bytes once written can be written over. When not, positions must be consecutive. */
  readonly rewritable: boolean;
  /** Takes all of `bytes`, at `position` bytes from the start. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Resolves when everything written is durable, or as durable as the thing behind can make it. */
  sync(): Promise<void>;
  /** Nothing more will be written. Once. */
  close(): Promise<void>;
  /** Gives up: frees the descriptor and removes what was written. Any time, any number of times; never rejects. */
  discard(): Promise<boolean>;
}
