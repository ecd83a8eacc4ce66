// The story of `finish`: a sealed backup on which SQL Server may count gets its name if msdb knows it, and is left as it
// is otherwise. All files of the set or none.

import type { Abort } from '../../base/abort.ts';
import { asError, Failure } from '../../base/errors.ts';
import type { Emit } from '../../base/events.ts';
import {
  type BackupKeys,
  findRecorded,
  type RecordedBackup,
} from '../../sql/facts/backup-history.ts';
import { readServerFacts } from '../../sql/facts/server-facts.ts';
import { openSession } from '../../sql/open-session.ts';
import type { SqlSession } from '../../sql/sql-session.ts';
import { checkDestinations } from '../../storage/destination.ts';
import type { DestinationLock } from '../../storage/file/destination-lock.ts';
import { PartialFile } from '../../storage/file/partial-file.ts';
import { publish } from '../../storage/file/publication.ts';
import { lockFile } from '../../system/lock/file-locker.ts';
import { refuseOtherDatabases } from '../files/replaced-backup.ts';
import { lockOut } from '../files/run-lock.ts';
import {
  deviceNames,
  isFinished,
  openWaiting,
  type WaitingBackup,
  writeFinished,
} from '../files/waiting-backup.ts';
import { answered } from '../serving/stall-watch.ts';
import { chainTypes } from '../sets/restore-chain.ts';
import { refuseUnlikeStripes, unknownBackup } from './finish-failure.ts';
import type { FinishRequest, FinishSummary } from './finish-request.ts';

/** 0: however long, `answered` has a patience of its own for a question. */
const noStallTimeout = 0;

/** Throws the root cause of anything but final names that are durable; then the files are left as they were. */
export async function finishJob(
  request: FinishRequest,
  abort: Abort,
  emit: Emit,
): Promise<FinishSummary> {
  const finals = request.files.map(({ final }) => final);
  const destinations = await abort.race(
    checkDestinations(finals, { overwrite: request.overwrite }),
  );
  const locks: DestinationLock[] = [];
  try {
    for (const destination of destinations) locks.push(await abort.race(lockOut(destination)));
    return await finish(request, abort, emit);
  } finally {
    await Promise.all(locks.map((lock) => lock.release().catch(asError)));
  }
}

async function finish(request: FinishRequest, abort: Abort, emit: Emit): Promise<FinishSummary> {
  const waiting: WaitingBackup[] = [];
  for (const { waiting: file } of request.files)
    waiting.push(await abort.race(openWaiting(file, emit)));
  refuseUnlikeStripes(waiting);
  await abort.race(checkReplaced(request, waiting));
  const recorded = waiting.every(isFinished)
    ? undefined
    : await askServer(request, waiting, abort, emit);
  await name(request, waiting, abort, emit);
  return summary(request, waiting, recorded);
}

/** SQL Server need not be there: a name that differs in case only is taken for the same one. */
async function checkReplaced(
  { files, overwrite }: FinishRequest,
  [first]: readonly WaitingBackup[],
): Promise<void> {
  if (!overwrite || !first) return;
  const { database, server, familyId } = first;
  await refuseOtherDatabases(
    files.map(({ final }) => final),
    { database, server, familyId: async () => familyId, isNamed: async () => true },
  );
}

async function askServer(
  request: FinishRequest,
  waiting: readonly WaitingBackup[],
  abort: Abort,
  emit: Emit,
): Promise<RecordedBackup> {
  const session = await abort.race(openSession(await request.connection()));
  try {
    return await answered(find(session, request, waiting, emit), noStallTimeout, abort);
  } finally {
    await session.close();
  }
}

async function find(
  session: SqlSession,
  { files }: FinishRequest,
  waiting: readonly WaitingBackup[],
  emit: Emit,
): Promise<RecordedBackup> {
  const { serverName = '?', productVersion = '?', edition = '?' } = await readServerFacts(session);
  emit({ event: 'connected', server: serverName, version: productVersion, edition });
  const recorded = await findRecorded(session, keysOf(waiting));
  if (recorded && isOf(recorded, files, waiting)) return recorded;
  throw unknownBackup(waiting, serverName);
}

function keysOf(waiting: readonly WaitingBackup[]): BackupKeys {
  const [first] = waiting;
  return { devices: first ? deviceNames(first) : [], backupSetId: first?.backupSetId };
}

/**
 * A name with digits of a set id is a second witness. The device is called after it; a bare backup whose run was killed
 * bears those of its MediaSetId (left-backup.ts), because nothing in it says what its device was called.
 */
function isOf(
  { devices }: RecordedBackup,
  files: FinishRequest['files'],
  waiting: readonly WaitingBackup[],
): boolean {
  const known = [...devices, ...waiting.map(({ set }) => set)].map((id) => id.toLowerCase());
  return files.every(({ id = '' }) => known.some((one) => one.startsWith(id)));
}

/** From here on nothing aborts: a name that is given is given. */
async function name(
  request: FinishRequest,
  waiting: readonly WaitingBackup[],
  abort: Abort,
  emit: Emit,
): Promise<void> {
  abort.throwIfAborted();
  const partials: PartialFile[] = [];
  const now = new Date();
  try {
    for (const { waiting: file, final } of request.files)
      partials.push(await PartialFile.adopt(final, file, lockFile));
    for (const [index, partial] of partials.entries()) {
      const one = waiting[index];
      if (one) await writeFinished(partial, one, now);
      await partial.sync();
      await partial.close();
    }
  } catch (thrown) {
    for (const partial of partials) await partial.endPublishing('kept');
    throw thrown;
  }
  const { warnings } = await publish(partials, { overwrite: request.overwrite });
  for (const warning of warnings) emit({ event: 'warning', ...warning });
}

function summary(
  { files }: FinishRequest,
  waiting: readonly WaitingBackup[],
  recorded: RecordedBackup | undefined,
): FinishSummary {
  const [first] = waiting;
  if (!first) throw new Failure('no-files', 'no file was named');
  const copy = recorded?.isCopyOnly && recorded.type === 'D' ? 'copy' : undefined;
  return {
    job: 'finish',
    database: first.database ?? recorded?.database ?? '?',
    type: first.type ?? copy ?? chainTypes[recorded?.type ?? ''] ?? 'full',
    setId: recorded?.devices[0] ?? first.set,
    files: files.map(({ final }) => final),
    rawBytes: waiting.reduce((sum, { rawBytes }) => sum + rawBytes, 0),
    storedBytes: waiting.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
  };
}
