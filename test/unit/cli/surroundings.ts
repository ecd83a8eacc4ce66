// Made-up surroundings for tests of the command line.

import { Abort } from '../../../src/base/abort.ts';
import type { BackupSummary, JobEvent } from '../../../src/base/events.ts';
import { Output } from '../../../src/cli/report/output.ts';
import { Redactor } from '../../../src/cli/secrets/redact.ts';
import type { Surroundings } from '../../../src/cli/surroundings.ts';
import type { BackupRequest } from '../../../src/job/request/backup-request.ts';

/** 2026-03-04 05:06:07 UTC */
export const noon = Date.UTC(2026, 2, 4, 5, 6, 7);

export const summary: BackupSummary = {
  job: 'backup',
  database: 'Sales',
  type: 'copy',
  setId: '5d1b8d9e-0d5c-4d52-9a7d-3a4c4d5e6f70',
  files: [{ path: '/b/sales.bak', storedBytes: 108_662_677_504 }],
  rawBytes: 418_109_612_032,
  storedBytes: 108_662_677_504,
  elapsedMs: 252_000,
  dryRun: false,
  messages: [],
};

export interface Told {
  readonly around: Surroundings;
  /** What was written to stderr and stdout so far. */
  readonly err: () => string;
  readonly out: () => string;
  readonly requests: BackupRequest[];
}

type Job = (request: BackupRequest, emit: (event: JobEvent) => void) => Promise<BackupSummary>;

/** As a real job does: what it failed of has raised the run's abort. */
function fail(thrown: Error, abort: Abort): never {
  abort.raise(thrown);
  throw thrown;
}

/** These jobs in place of all real ones. */
function playing(jobs: object): Surroundings['load'] {
  return async <Loaded>() => jobs as Loaded;
}

export function surroundings(
  overrides: Partial<Surroundings> = {},
  job?: Job,
  jobs: object = {},
): Told {
  let err = '';
  let out = '';
  const requests: BackupRequest[] = [];
  const redactor = new Redactor();
  const around: Surroundings = {
    argv: [],
    env: { SQLCMDUSER: 'backup', SQLCMDPASSWORD: 'correct horse' },
    platform: 'linux',
    hostName: 'db1',
    cpus: 8,
    stdinIsTerminal: false,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    columns: () => 80,
    now: () => noon,
    stdoutIsClosed: false,
    writeOut: async (text) => {
      out += text;
      return true;
    },
    output: new Output((text) => {
      err += text;
    }),
    redactor,
    showCommandLine: () => undefined,
    abort: new Abort(),
    askPassword: undefined,
    speakOn: () => undefined,
    parentProgram: async () => undefined,
    load: playing({
      ...jobs,
      backupJob: async (request: BackupRequest, abort: Abort, emit: (event: JobEvent) => void) => {
        requests.push(request);
        return job
          ? job(request, emit).catch((thrown) => fail(thrown, abort))
          : { ...summary, database: request.database };
      },
    }),
    ...overrides,
  };
  return { around, err: () => err, out: () => out, requests };
}
