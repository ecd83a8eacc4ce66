// argv and environment of `verify` -> one validated, frozen request; what is about SQL Server only with `--server`.

import { resolve } from 'node:path';
import type { SqlConnectionSettings } from '../../job/request/backup-request.js';
import type { ServerVerifyRequest } from '../../job/verify/server-verify-request.js';
import type { VerifyRequest } from '../../job/verify/verify-report.js';
import type { Surroundings } from '../surroundings.js';
import { usageError } from '../usage-error.js';
import { type ConnectionFlags, definedOnly } from './connection-options.js';
import * as values from './option-values.js';

export interface VerifyWords {
  readonly threads?: string;
  /** RESTORE VERIFYONLY, too. */
  readonly server?: true;
}

/** Of `verify --server`. Its `--server` is a switch, so the long form of `-S` has another name there. */
export interface ServerVerifyFlags extends Omit<ConnectionFlags, 'server'> {
  readonly instance?: string;
  readonly assumeLocal?: true;
  readonly vdiLibrary?: string;
  readonly stallTimeout?: string;
  readonly blockSize?: string;
  readonly transferSize?: string;
}

type Around = Pick<Surroundings, 'env' | 'cpus'>;

const serverOptions: Readonly<Record<keyof ServerVerifyFlags, string>> = {
  instance: '-S',
  integrated: '-E',
  user: '-U',
  password: '-P',
  passwordFile: '--password-file',
  trustServerCertificate: '-C',
  encrypt: '-N',
  hostNameInCertificate: '-F',
  loginTimeout: '-l',
  workstation: '-H',
  applicationIntent: '-K',
  assumeLocal: '--assume-local',
  vdiLibrary: '--vdi-library',
  stallTimeout: '--stall-timeout',
  blockSize: '--block-size',
  transferSize: '--transfer-size',
};

export function verifyRequest(
  files: readonly string[],
  flags: VerifyWords & ServerVerifyFlags,
  { cpus }: Around,
): VerifyRequest {
  if (files.includes('-')) throw usageError('stdin', 'verify reads files, not stdin');
  if (!flags.server) refuseServerOptions(flags);
  return Object.freeze({
    files: Object.freeze(files.map((file) => resolve(file))),
    threads: values.threads(flags.threads, cpus),
  });
}

/** Everything but how to connect: that may have to ask a person, and only once the rest is right. */
export function serverVerifyPlan(
  request: VerifyRequest,
  flags: ServerVerifyFlags,
  { env }: Around,
): (connection: SqlConnectionSettings) => ServerVerifyRequest {
  const rest = {
    assumeLocal: flags.assumeLocal ?? false,
    stallTimeout: values.stallTimeout(flags.stallTimeout ?? 'off'),
    ...definedOnly({
      blockSize: values.given(flags.blockSize, values.blockSize),
      transferSize: values.given(flags.transferSize, values.transferSize),
      vdiLibrary: flags.vdiLibrary || env.VDIBACKUP_VDI_LIBRARY || undefined,
    }),
  };
  return (connection) => Object.freeze({ ...request, ...rest, connection });
}

function refuseServerOptions(flags: ServerVerifyFlags): void {
  const given = Object.entries(serverOptions).find(
    ([name]) => flags[name as keyof ServerVerifyFlags] !== undefined,
  );
  if (!given) return;
  throw usageError(
    'without-server',
    `${given[1]} is about SQL Server, which verify asks only with --server`,
    'Add --server, or leave it out.',
  );
}
