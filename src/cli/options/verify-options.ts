// argv and environment of `verify` -> one validated, frozen request; what is about SQL Server only with `--verifyonly`.

import type { Failure } from '../../base/errors.ts';
import type { SqlConnectionSettings } from '../../job/request/backup-request.ts';
import type { ServerVerifyRequest } from '../../job/verify/server-verify-request.ts';
import type { VerifyRequest } from '../../job/verify/verify-report.ts';
import type { Surroundings } from '../surroundings.ts';
import { usageError } from '../usage-error.ts';
import type { ConnectionFlags } from './connection-options.ts';
import { definedOnly } from './defined-only.ts';
import { localPath } from './local-path.ts';
import * as values from './option-values.ts';

export interface VerifyWords {
  readonly threads?: string;
  /** RESTORE VERIFYONLY, too. */
  readonly verifyonly?: true;
}

/** Of `verify --verifyonly`. */
export interface ServerVerifyFlags extends ConnectionFlags {
  readonly assumeLocal?: true;
  readonly vdiLibrary?: string;
  readonly stallTimeout?: string;
  readonly blockSize?: string;
  readonly transferSize?: string;
}

type Around = Pick<Surroundings, 'env' | 'cpus' | 'platform'>;

const serverOptions: Readonly<Record<keyof ServerVerifyFlags, string>> = {
  server: '-S',
  integrated: '-E',
  user: '-U',
  password: '-P',
  passwordFile: '--password-file',
  trustServerCertificate: '-C',
  trustListener: '--trust-listener',
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
  { cpus, platform }: Around,
): VerifyRequest {
  if (files.includes('-')) throw usageError('stdin', 'verify reads files, not stdin');
  if (!flags.verifyonly) refuseServerOptions(flags);
  return Object.freeze({
    files: Object.freeze(files.map((file) => localPath(file, platform))),
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
  if (flags.server !== undefined) throw withoutVerifyonly();
  throw usageError(
    'without-server',
    `${given[1]} is about SQL Server, which verify asks only with --verifyonly`,
    'Add --verifyonly, or leave it out.',
  );
}

/** `verify --server FILE` was how SQL Server was asked once: then FILE is taken for the name of an instance. */
export function withoutVerifyonly(): Failure {
  return usageError(
    'without-server',
    '-S, --server names the instance, as in every command; SQL Server is asked with --verifyonly',
    'To have SQL Server read the backups, too: vdibackup verify --verifyonly [-S instance] <file...>.',
  );
}
