// Signals -> the wish to stop. The first aborts, later ones say that the user will not wait.

import type { Abort } from '../base/abort.ts';
import { Failure } from '../base/errors.ts';

interface SignalSource {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

type Say = (reason: string, again: boolean) => void;

interface SignalOptions {
  readonly platform: NodeJS.Platform;
  /** Asked at each SIGHUP: whether the run goes on without its terminal (`--ignore-hangup`). */
  readonly ignoresHangup: () => boolean;
}

const reasons: Partial<Record<NodeJS.Signals, string>> = {
  SIGINT: 'interrupted by Ctrl-C',
  SIGBREAK: 'interrupted by Ctrl-Break',
  SIGTERM: 'terminated by SIGTERM',
  SIGHUP: 'terminated: the terminal was closed (SIGHUP)',
};

export function catchSignals(
  source: SignalSource,
  { platform, ignoresHangup }: SignalOptions,
  abort: Abort,
  say: Say,
): void {
  let stopped = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (signal === 'SIGHUP' && ignoresHangup()) return;
    // Words come last: SQL Server must not wait for a terminal.
    if (stopped) {
      const isNews = !abort.hurried;
      abort.hurry();
      if (isNews) say(reasonOf(signal), true);
      return;
    }
    stopped = true;
    abort.raise(failureOf(signal), () => say(reasonOf(signal), false));
  };
  const caught: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  if (platform === 'win32') caught.push('SIGBREAK');
  for (const signal of caught) source.on(signal, onSignal);
}

function failureOf(signal: NodeJS.Signals): Failure {
  const code = signal === 'SIGINT' || signal === 'SIGBREAK' ? 'interrupted' : 'terminated';
  return new Failure(code, reasonOf(signal));
}

function reasonOf(signal: NodeJS.Signals): string {
  return reasons[signal] ?? `terminated by ${signal}`;
}
