// argv and environment of `backup` -> one validated, frozen BackupRequest.

import type { BackupRequest, SqlConnectionSettings } from '../../job/request/backup-request.ts';
import type { DatabaseTitle } from '../report/result-line.ts';
import type { Surroundings } from '../surroundings.ts';
import { usageError } from '../usage-error.ts';
import { definedOnly } from './defined-only.ts';
import { type DestinationFlags, destinations } from './destinations.ts';
import { type TokenValues, timestamp } from './file-name-tokens.ts';
import * as values from './option-values.ts';

/** As commander leaves them: words, not yet values. */
export interface BackupFlags extends DestinationFlags {
  readonly type: string;
  readonly compress: string;
  readonly threads?: string;
  readonly assumeLocal?: true;
  readonly transferSize: string;
  readonly bufferCount?: string;
  readonly blockSize?: string;
  readonly checksum: boolean;
  readonly with?: string;
  readonly name?: string;
  readonly description?: string;
  readonly dryRun?: true;
  readonly rate?: string;
  readonly stallTimeout: string;
  readonly utc?: true;
  readonly vdiLibrary?: string;
}

/** SQL Server allocates BUFFERCOUNT x MAXTRANSFERSIZE at once: with 4 MiB this is 4 GiB. */
const maxBufferCount = 1024;
/** Columns of msdb.dbo.backupset, and sysname. */
const maxName = 128;
const maxDescription = 255;

/** Words that will mean several databases. A database of such a name would change its meaning. */
const selections = ['USER_DATABASES', 'SYSTEM_DATABASES', 'ALL_DATABASES'];

type Around = Pick<Surroundings, 'env' | 'platform' | 'hostName' | 'cpus' | 'now'>;

/** Everything but how to connect: that may have to ask a person, and only once the rest is right. */
export interface BackupPlan {
  readonly title: DatabaseTitle & Required<Pick<DatabaseTitle, 'twinFiles'>>;
  complete(connection: SqlConnectionSettings): BackupRequest;
}

export function backupPlan(
  word: string,
  files: readonly string[],
  flags: BackupFlags,
  server: { readonly host: string; readonly instance?: string },
  around: Around,
): BackupPlan {
  const type = values.oneOf('--type', flags.type, values.backupTypes);
  const database = oneDatabase(word);
  const replaced = tokens(database, type, flags, server, around);
  const named = (hasTwin: boolean) =>
    destinations(files, flags, replaced, around.platform, hasTwin);
  const [plain, twin] = [named(false), named(true)];
  const dryRun = flags.dryRun ?? false;
  const rest = { ...how(flags, around), ...definedOnly(wishes(flags, around)) };
  const paths = {
    files: Object.freeze(plain.paths),
    ...(twin.paths.join('\0') !== plain.paths.join('\0') && {
      twinFiles: Object.freeze(twin.paths),
    }),
  };
  return {
    title: { database, type, files: plain.names, twinFiles: twin.names, dryRun },
    complete: (connection) =>
      Object.freeze({ database, type, ...paths, connection, dryRun, ...rest }),
  };
}

function oneDatabase(name: string): string {
  if (selections.includes(name.toUpperCase())) {
    throw usageError(
      'several-databases',
      `${name} selects several databases, which this version cannot back up in one run`,
      'Name one database.',
    );
  }
  return values.databaseName(name);
}

function tokens(
  database: string,
  type: string,
  flags: BackupFlags,
  server: { readonly host: string; readonly instance?: string },
  around: Around,
): Omit<TokenValues, 'stripe' | 'stripes'> {
  return {
    database,
    type,
    server: server.host === 'localhost' ? around.hostName : server.host,
    instance: server.instance ?? 'MSSQLSERVER',
    timestamp: timestamp(around.now(), flags.utc ?? false),
  };
}

function how(flags: BackupFlags, around: Around) {
  return {
    compression: values.compression(flags.compress),
    threads: values.threads(flags.threads, around.cpus),
    assumeLocal: flags.assumeLocal ?? false,
    transferSize: values.transferSize(flags.transferSize),
    checksum: flags.checksum,
    overwrite: flags.overwrite ?? false,
    sha256: flags.sha256 ?? false,
    stallTimeout: values.stallTimeout(flags.stallTimeout),
  };
}

function wishes(flags: BackupFlags, { env }: Around) {
  return {
    bufferCount: values.given(flags.bufferCount, (text) =>
      values.wholeNumber('--buffer-count', text, 1, maxBufferCount),
    ),
    blockSize: values.given(flags.blockSize, values.blockSize),
    with: values.given(flags.with, (text) => (text.trim() === '' ? undefined : text)),
    name: values.given(flags.name, (text) => values.textUpTo('--name', text, maxName)),
    description: values.given(flags.description, (text) =>
      values.textUpTo('--description', text, maxDescription),
    ),
    rate: values.given(flags.rate, values.rate),
    vdiLibrary: flags.vdiLibrary || env.VDIBACKUP_VDI_LIBRARY || undefined,
  };
}
