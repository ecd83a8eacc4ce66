// The moments of a run at which something from outside can hit it, and how a test gets there for certain:
// each one is held open by the server or the disk and recognised by what the judge or the server saw.

import type { LoginFault } from '../standin/fault.ts';
import type { DeviceOperation } from '../standin/statement.ts';
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
  readonly reached: () => boolean;
}

/** A run that is in `phase` now. */
export async function enter(rig: Rig, phase: Phase, args: readonly string[]): Promise<Program> {
  const run = phase.arrange(rig);
  const program = rig.run([...args, ...(run.args ?? [])], run.options);
  await program.until(phase.name, run.reached);
  return program;
}

function judge(rig: Rig, pattern: RegExp): () => boolean {
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

function reading(rig: Rig, call: RegExp): () => boolean {
  const seen = judge(rig, call);
  return () => begun(rig, 'RESTORE DATABASE') && seen();
}

function begun(rig: Rig, operation: DeviceOperation): boolean {
  return rig.server.runs.some((run) => run.operation === operation);
}

/** Of a restore: the first statement asks for the list of files, the second one restores. */
export const restorePhases: readonly (Phase & { readonly leaves: RegExp })[] = [
  {
    name: 'during the login',
    leaves: /^(?!.*database \[Copy\])/s,
    arrange(rig) {
      let asked = false;
      rig.server.loginFault(slowLogin(() => (asked = true)));
      return { reached: () => asked };
    },
  },
  {
    name: 'while the list of files waits for its devices',
    leaves: /^(?!.*database \[Copy\])/s,
    arrange(rig) {
      rig.server.fault({ 'delay-begin': 60_000 });
      return { reached: () => begun(rig, 'RESTORE FILELIST') };
    },
  },
  {
    name: 'while the list of files is being read',
    leaves: /^(?!.*database \[Copy\])/s,
    arrange(rig) {
      rig.server.fault({ 'silence-at': 65_536 });
      return { reached: judge(rig, /CompleteCommand .*=Read .*code=0/) };
    },
  },
  {
    name: 'while the statement waits and GetConfiguration has not returned',
    leaves: /there is no database \[Copy\]/,
    arrange(rig) {
      rig.server.fault({});
      rig.server.fault({ 'delay-begin': 60_000 });
      return { reached: () => begun(rig, 'RESTORE DATABASE') };
    },
  },
  {
    name: 'in the middle of the stream',
    leaves: /database \[Copy\] was left RESTORING/,
    arrange(rig) {
      rig.server.fault({});
      rig.server.fault({ slow: 20, tiny: 65_536 });
      // More than the list of files takes.
      return { reached: () => rig.server.deviceSets.some(({ bytes }) => bytes > 200_000) };
    },
  },
  {
    name: 'while the server is silent in the middle of the stream',
    leaves: /database \[Copy\] was left RESTORING/,
    arrange(rig) {
      rig.server.fault({});
      rig.server.fault({ 'silence-at': 9_000_000 });
      const taken = () =>
        rig.judged().filter((line) => /CompleteCommand .*=Read .*bytes=4194304/.test(line));
      return { reached: () => taken().length === 2 };
    },
  },
  {
    name: 'while the server holds Complete back',
    leaves: /database \[Copy\] was left RESTORING/,
    arrange(rig) {
      rig.server.fault({});
      rig.server.fault({ 'hold-complete': 60_000 });
      return { reached: reading(rig, /CompleteCommand .*=Read .*code=38/) };
    },
  },
  {
    name: 'after Complete, before Msg 3014',
    leaves: /database \[Copy\] is ONLINE|was left RESTORING|there is no database/,
    arrange(rig) {
      rig.server.fault({});
      rig.server.fault({ 'delay-3014': 60_000 });
      const closed = () => rig.judged().filter((line) => / Close -> NOERROR/.test(line));
      // The backup that is restored, the list of files, the restore.
      return { reached: () => closed().length === 3 };
    },
  },
];

/** Of `verify --server`: the files by themselves are done with when the statement comes. */
export const verifyPhases: readonly Phase[] = [
  // The login is the same.
  ...phases.slice(0, 1),
  {
    name: 'while the statement waits and GetConfiguration has not returned',
    arrange(rig) {
      rig.server.fault({ 'delay-begin': 60_000 });
      return { reached: () => begun(rig, 'VERIFY DATABASE') };
    },
  },
  {
    name: 'in the middle of the stream',
    arrange(rig) {
      rig.server.fault({ slow: 20, tiny: 65_536 });
      return { reached: () => rig.server.deviceSets.some(({ bytes }) => bytes > 200_000) };
    },
  },
  {
    name: 'while the server is silent in the middle of the stream',
    arrange(rig) {
      rig.server.fault({ 'silence-at': 9_000_000 });
      const taken = () =>
        rig.judged().filter((line) => /CompleteCommand .*=Read .*code=0/.test(line));
      return { reached: () => taken().length > 0 };
    },
  },
  {
    name: 'after Complete, before Msg 3262',
    arrange(rig) {
      rig.server.fault({ 'delay-3014': 60_000 });
      const closed = () => rig.judged().filter((line) => / Close -> NOERROR/.test(line));
      // The backup that is verified, and the verification.
      return { reached: () => closed().length === 2 };
    },
  },
];

/** Tells when the server has looked at it: then the login is under way. */
function slowLogin(asked: () => void): LoginFault {
  return {
    get 'slow-login'() {
      asked();
      return 60_000;
    },
  };
}
