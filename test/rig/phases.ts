// The moments of a run at which something from outside can hit it, and how a test gets there for certain:
// each one is held open by the server or the disk and recognised by what the judge or the server saw.

import type { LoginFault } from '../standin/fault.ts';
import type { Program, ProgramOptions } from './program.ts';
import type { Rig } from './rig.ts';

export interface Phase {
  readonly name: string;
  /** Prepares the server; returns what the program needs. */
  arrange(rig: Rig): PhaseRun;
}

export interface PhaseRun {
  readonly args?: readonly string[];
  readonly options?: ProgramOptions;
  /** Once it runs: its standard input. */
  readonly feed?: (program: Program) => void;
  readonly reached: () => boolean;
}

/** A run that is in `phase` now. */
export async function enter(rig: Rig, phase: Phase, args: readonly string[]): Promise<Program> {
  const run = phase.arrange(rig);
  const program = rig.run([...args, ...(run.args ?? [])], run.options);
  run.feed?.(program);
  await program.until(phase.name, run.reached);
  return program;
}

export function judge(rig: Rig, pattern: RegExp): () => boolean {
  return () => rig.judged().some((line) => pattern.test(line));
}

export const phases: readonly Phase[] = [
  {
    name: 'during the login',
    arrange(rig) {
      let asked = false;
      rig.server.loginFault(slowLogin(() => (asked = true)));
      return { reached: () => asked };
    },
  },
  {
    name: 'while the statement waits and GetConfiguration has not returned',
    arrange(rig) {
      rig.server.fault({ 'delay-begin': 60_000 });
      return { reached: () => rig.server.runs.length > 0 };
    },
  },
  {
    name: 'in the middle of the stream',
    arrange(rig) {
      rig.server.fault({ slow: 20 });
      const args = ['--transfer-size', '64KiB'];
      return { args, reached: () => rig.server.deviceSets.some(({ bytes }) => bytes > 0) };
    },
  },
  {
    name: 'while the server is silent in the middle of the stream',
    arrange(rig) {
      rig.server.fault({ 'silence-at': 9_000_000 });
      // Two whole transfers of 4 MiB and the rest of the 9 million bytes.
      const taken = () => rig.judged().filter((line) => /CompleteCommand .*=Write/.test(line));
      return { reached: () => taken().length === 3 };
    },
  },
  {
    name: 'while a Flush waits for the disk',
    arrange: (rig) => ({
      options: { env: rig.witnessed('fsync:sleep500:1+') },
      reached: judge(rig, /GetCommand .*command=Flush/),
    }),
  },
  {
    name: 'while Complete waits for the disk',
    arrange: (rig) => ({
      options: { env: rig.witnessed('fsync:sleep500:2+') },
      reached: judge(rig, /GetCommand .*command=Complete/),
    }),
  },
  {
    name: 'while the server holds Complete back',
    arrange(rig) {
      rig.server.fault({ 'hold-complete': 60_000 });
      return { reached: judge(rig, /CompleteCommand .*command=Flush code=0/) };
    },
  },
  {
    name: 'after Complete, before Msg 3014',
    arrange(rig) {
      rig.server.fault({ 'delay-3014': 60_000 });
      return { reached: judge(rig, / Close -> NOERROR/) };
    },
  },
];

/** Tells when the server has looked at it: then the login is under way. */
export function slowLogin(asked: () => void): LoginFault {
  return {
    get 'slow-login'() {
      asked();
      return 60_000;
    },
  };
}
