// Who can change what runs here: every file of the program, and the VDI library. Judged as a run judges it.

import { shellWord } from '../../base/shell-word.ts';
import {
  libraryWeakness,
  programFolder,
  programWeakness,
  runsAsRoot,
  type WritableCode,
  writableFailure,
} from '../../system/code/own-code.ts';
import type { Weakness } from '../../system/code/write-access.ts';
import { failed, ok, unknown } from './doctor-finding.ts';
import type { DoctorRequest, Finding } from './doctor-report.ts';

type Wishes = Pick<DoctorRequest, 'allowWritableProgram' | 'vdiLibrary'>;

export function programFinding(wishes: Wishes): Finding {
  const check = 'program';
  if (process.platform === 'win32') return lookYourself(check);
  const weak = programWeakness('files');
  if (weak) return finding(check, weak, 'program-writable', wishes);
  return ok(check, 'only root and this account can change vdibackup, its packages and Node.js');
}

/** Rights on Windows are lists, inherited in ways that only Windows' own tools show. */
function lookYourself(check: string): Finding {
  return {
    ...unknown(
      check,
      'program-access-unknown',
      `look who may write ${programFolder}: whoever can changes what runs with the rights of this account`,
    ),
    fix: `icacls ${shellWord(programFolder, true)}; icacls ${shellWord(process.execPath, true)}`,
    hints: [
      'Only Administrators, SYSTEM and TrustedInstaller should have (F), (M), (W), (WD) or (AD), here and in the folders above up to Program Files.',
    ],
  };
}

/** Undefined when nobody else can change the library. */
export function libraryAccess(wishes: Wishes): Finding | undefined {
  const weak = libraryWeakness(wishes.vdiLibrary);
  return weak && finding('vdi-library', weak, 'vdi-library-writable', wishes);
}

/** A problem where a run would end with it. */
function finding(
  check: string,
  weak: Weakness,
  code: WritableCode,
  { allowWritableProgram }: Wishes,
): Finding {
  const refused = runsAsRoot() && !allowWritableProgram;
  const { message } = writableFailure(weak, code);
  const { hints: _, ...found } = failed(check, writableFailure(weak, code));
  return { ...found, message, level: refused ? 'problem' : 'warning', fix: weak.fix };
}
