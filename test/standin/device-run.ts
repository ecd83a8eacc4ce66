// One BACKUP or RESTORE while it runs, and what is left of it afterwards for tests to look at.
import type { CompletionError, DeviceSetEnd } from './device-set-link.ts';
import { type DeviceBytes, hashRecipe, type Piece, recipeLength } from './recipe.ts';
import type { DeviceOperation } from './statement.ts';

/** One device of a run: what it was sent, or what it gave. */
export class RunDevice {
  readonly name: string;
  /** The bytes sent (BACKUP) or received (RESTORE); `undefined` when they were only counted. */
  readonly pieces: readonly Piece[] | undefined;

  constructor(name: string, pieces: readonly Piece[] | undefined) {
    this.name = name;
    this.pieces = pieces;
  }

  get length(): number | undefined {
    return this.pieces ? recipeLength(this.pieces) : undefined;
  }

  async bytes(): Promise<DeviceBytes> {
    if (!this.pieces) throw new Error(`device ${this.name}: the bytes were counted, not kept`);
    return hashRecipe(this.pieces);
  }
}

export interface DeviceRun {
  readonly operation: DeviceOperation;
  readonly database: string | undefined;
  readonly names: readonly string[];
  readonly setId: string | undefined;
  devices: readonly RunDevice[];
  /** Message numbers in the order they were sent. */
  readonly messages: number[];
  /** Error completions of the client. */
  errors: readonly CompletionError[];
  /** How the devices ended; `undefined` when no device was touched or it still runs. */
  end: DeviceSetEnd | undefined;
  /** `undefined` while it runs. */
  outcome: 'success' | 'failure' | undefined;
}
