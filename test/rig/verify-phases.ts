// The moments of `verify --verifyonly` at which something from outside can hit it.

import { type Phase, phases } from './phases.ts';
import { begun } from './restore-phases.ts';

/** Of `verify --verifyonly`: the files by themselves are done with when the statement comes. */
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
