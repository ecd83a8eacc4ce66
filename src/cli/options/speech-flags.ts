// How a run reports, and what every verb takes: the words as commander leaves them.

import type { OwnCodeFlags } from '../own-code.ts';

export interface SpeechFlags extends OwnCodeFlags {
  readonly json?: true;
  readonly logFile?: string;
  readonly logLevel: string;
  readonly progress: string;
}
