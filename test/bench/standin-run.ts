// vdibackup against the stand-in as a command to measure. The judge writes no log: its cost is not SQL Server's.

import { binPath, type Rig } from '../rig/rig.ts';

export function standinCommand(rig: Rig, ...args: string[]): string[] {
  return [process.execPath, binPath, ...rig.connection, ...args];
}

export function standinEnvironment(rig: Rig): NodeJS.ProcessEnv {
  const { VDI_STANDIN_LOG: _, ...environment } = rig.environment;
  return { ...process.env, ...environment };
}
