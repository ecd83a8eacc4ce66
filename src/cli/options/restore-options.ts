// argv and environment of `restore` -> one validated, frozen RestoreRequest.

import type { SqlConnectionSettings } from '../../job/request/backup-request.ts';
import type { FileMove, RestoreEnd, RestoreRequest } from '../../job/request/restore-request.ts';
import type { DatabaseTitle } from '../report/result-line.ts';
import type { Surroundings } from '../surroundings.ts';
import { usageError } from '../usage-error.ts';
import { definedOnly } from './defined-only.ts';
import { localPath } from './local-path.ts';
import * as values from './option-values.ts';
import { type TailAround, type TailFlags, type TailServer, tailPlan } from './tail-options.ts';

/** Where the files of a restored database go; `restore` and `drill` take these. */
interface PlacementFlags {
  readonly move?: readonly string[];
  readonly dataDir?: string;
  readonly logDir?: string;
}

/** How backups are read through virtual devices; `restore` and `drill` take these. */
export interface ReadingFlags extends PlacementFlags {
  readonly stopAt?: string;
  readonly fork?: string;
  readonly checksum?: true;
  readonly with?: string;
  readonly threads?: string;
  readonly blockSize?: string;
  readonly transferSize?: string;
  readonly stallTimeout: string;
  readonly assumeLocal?: true;
  readonly vdiLibrary?: string;
}

/** As commander leaves them: words, not yet values. */
export interface RestoreFlags extends ReadingFlags, TailFlags {
  readonly norecovery?: true;
  readonly standby?: string;
  readonly verify: boolean;
}

const stdin = '-';

type Around = Pick<Surroundings, 'env' | 'cpus' | 'platform'>;

/** Everything but how to connect: that may have to ask a person, and only once the rest is right. */
interface RestorePlan {
  readonly title: DatabaseTitle;
  /** What is written, in the words of the command line. */
  readonly writes: readonly string[];
  complete(connection: SqlConnectionSettings): RestoreRequest;
}

export function restorePlan(
  database: string,
  files: readonly string[],
  flags: RestoreFlags,
  server: TailServer,
  around: TailAround,
): RestorePlan {
  const name = values.databaseName(database);
  const paths = sourcePaths(files, around.platform);
  const dryRun = flags.dryRun ?? false;
  const tail = tailPlan(name, flags, server, around);
  const rest = {
    ...reading(flags, around),
    end: restoreEnd(flags),
    replace: flags.replace ?? false,
    verify: flags.verify,
  };
  return {
    title: { database: name, type: 'restore', files, dryRun },
    writes: tail ? [...tail.title.files, ...tail.title.twinFiles] : [],
    complete: (connection) => {
      const first = tail && { tail: tail.complete(connection) };
      return Object.freeze({ database: name, files: paths, connection, dryRun, ...rest, ...first });
    },
  };
}

/** Absolute, or a single `-`. */
export function sourcePaths(
  files: readonly string[],
  platform: NodeJS.Platform,
): readonly string[] {
  if (files.includes(stdin) && files.length > 1)
    throw usageError('stdin', "'-' is stdin, which is one stream: no other file beside it");
  return Object.freeze(files.map((file) => (file === stdin ? stdin : localPath(file, platform))));
}

/** What `restore` and `drill` have in common. */
export function reading(flags: ReadingFlags, { env, cpus }: Around) {
  return {
    threads: values.threads(flags.threads, cpus),
    assumeLocal: flags.assumeLocal ?? false,
    checksum: flags.checksum ?? false,
    moves: Object.freeze((flags.move ?? []).map(move)),
    stallTimeout: values.stallTimeout(flags.stallTimeout),
    ...definedOnly({
      stopAt: values.given(flags.stopAt, values.pointInTime),
      fork: values.given(flags.fork, values.recoveryFork),
      with: values.given(flags.with, (text) => (text.trim() === '' ? undefined : text)),
      dataFolder: values.given(flags.dataDir, (text) => values.serverPath('--data-dir', text)),
      logFolder: values.given(flags.logDir, (text) => values.serverPath('--log-dir', text)),
      blockSize: values.given(flags.blockSize, values.blockSize),
      transferSize: values.given(flags.transferSize, values.transferSize),
      vdiLibrary: flags.vdiLibrary || env.VDIBACKUP_VDI_LIBRARY || undefined,
    }),
  };
}

/** `LOGICAL=PATH`. */
function move(text: string): FileMove {
  const at = text.indexOf('=');
  const [logicalName, path] = [text.slice(0, at), text.slice(at + 1)];
  if (at > 0 && path !== '') return { logicalName, path };
  throw usageError(
    'invalid-value',
    `--move must be LOGICAL=PATH, not '${text}'`,
    'vdibackup info lists the logical names.',
  );
}

function restoreEnd({ norecovery, standby }: RestoreFlags): RestoreEnd {
  if (norecovery && standby !== undefined)
    throw usageError('conflict', '--norecovery and --standby exclude each other');
  if (norecovery) return { kind: 'norecovery' };
  if (standby === undefined) return { kind: 'recovery' };
  return { kind: 'standby', undoFile: values.serverPath('--standby', standby) };
}
