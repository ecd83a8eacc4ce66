// Every command of the program, in the order of its help.

import { backupVerb } from './commands/backup-command.ts';
import { doctorVerb } from './commands/doctor-command.ts';
import { drillVerb } from './commands/drill-command.ts';
import { extractVerb } from './commands/extract-command.ts';
import { finishVerb } from './commands/finish-command.ts';
import { infoVerb } from './commands/info-command.ts';
import { restoreVerb } from './commands/restore-command.ts';
import { verifyVerb } from './commands/verify-command.ts';
import type { Verb } from './verb.ts';

export const verbs: readonly Verb[] = [
  backupVerb,
  restoreVerb,
  drillVerb,
  verifyVerb,
  infoVerb,
  extractVerb,
  finishVerb,
  doctorVerb,
];
