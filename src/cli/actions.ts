// What the commands do, with the words that each is called with.

import type { BackupCommandFlags } from './commands/backup-command.ts';
import type { DoctorCommandFlags } from './commands/doctor-command.ts';
import type { DrillCommandFlags } from './commands/drill-command.ts';
import type { ExtractFlags } from './commands/extract-command.ts';
import type { FinishCommandFlags } from './commands/finish-command.ts';
import type { RestoreCommandFlags } from './commands/restore-command.ts';
import type { VerifyFlags } from './commands/verify-command.ts';
import type { SpeechFlags } from './options/speech-flags.ts';

/** What the commands do. */
export interface Actions {
  backup(database: string, files: readonly string[], flags: BackupCommandFlags): Promise<void>;
  restore(database: string, files: readonly string[], flags: RestoreCommandFlags): Promise<void>;
  drill(files: readonly string[], flags: DrillCommandFlags): Promise<void>;
  finish(files: readonly string[], flags: FinishCommandFlags): Promise<void>;
  extract(file: string, out: string | undefined, flags: ExtractFlags): Promise<void>;
  verify(files: readonly string[], flags: VerifyFlags): Promise<void>;
  info(files: readonly string[], flags: SpeechFlags): Promise<void>;
  doctor(database: string | undefined, flags: DoctorCommandFlags): Promise<void>;
  /** A drill that was refused: the file of its `--junit` must not hold the verdict of an earlier one. */
  withdraw(junit: string, otherWords: readonly string[]): Promise<void>;
}
