// Signals -> the wish to stop. The first aborts, later ones say that the user will not wait.

import type { Abort } from '../base/abort.js';
import { Failure } from '../errors.js';

export interface SignalSource {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

type Say = (reason: string, again: boolean) => void;

const reasons: Partial<Record<NodeJS.Signals, string>> = {
  SIGINT: 'interrupted by Ctrl-C',
  SIGBREAK: 'interrupted by Ctrl-Break',
  SIGTERM: 'terminated by SIGTERM',
  SIGHUP: 'terminated: the terminal was closed (SIGHUP)',
};

export function catchSignals(
  source: SignalSource,
  platform: NodeJS.Platform,
  abort: Abort,
  say: Say,
): void {
  let stopped = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopped) {
      if (!abort.hurried) say(reasonOf(signal), true);
      abort.hurry();
      return;
    }
    stopped = true;
    say(reasonOf(signal), false);
    abort.raise(failureOf(signal));
  };
  const caught: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  if (platform === 'win32') caught.push('SIGBREAK');
  for (const signal of caught) source.on(signal, onSignal);
}

function failureOf(signal: NodeJS.Signals): Failure {
  const kind = signal === 'SIGINT' || signal === 'SIGBREAK' ? 'interrupted' : 'terminated';
  return new Failure(kind, kind, reasonOf(signal));
}

function reasonOf(signal: NodeJS.Signals): string {
  return reasons[signal] ?? `terminated by ${signal}`;
}
