// Whether this process is in a container, and what is known of SQL Server in it.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isInContainer } from './container-mark.ts';

export interface ContainerFacts {
  /** SQL Server's program lies in this container. */
  readonly holdsServer: boolean;
  /** `[memory] enablecontainersharedmemory`; undefined where mssql.conf cannot be read. */
  readonly sharesMemory: boolean | undefined;
}

const serverProgram = '/opt/mssql/bin/sqlservr';
const configuration = '/var/opt/mssql/mssql.conf';

export async function readContainer(): Promise<ContainerFacts | undefined> {
  if (!(await isInContainer())) return undefined;
  return {
    holdsServer: existsSync(serverProgram),
    sharesMemory: await readFile(configuration, 'utf8').then(sharesMemory, absentMeansOff),
  };
}

/** Without the file every setting has its default, which is off. */
function absentMeansOff(thrown: unknown): boolean | undefined {
  const absent = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
  return absent && existsSync(serverProgram) ? false : undefined;
}

/** Of the text of mssql.conf. */
export function sharesMemory(conf: string): boolean {
  let section = '';
  let value = '';
  for (const line of conf.split('\n')) {
    section = /^\s*\[(.+)\]\s*$/.exec(line)?.[1]?.trim().toLowerCase() ?? section;
    const setting = /^\s*enablecontainersharedmemory\s*=\s*(\S+)/i.exec(line);
    if (setting && section === 'memory') value = setting[1] ?? '';
  }
  return ['true', '1'].includes(value.toLowerCase());
}
