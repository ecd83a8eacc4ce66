// From backup sets and wishes to the RESTORE statements of a job, as data. Pure: device names come later.

import { Failure } from '../../base/errors.ts';
import type { ListedFile } from '../../sql/facts/file-list.ts';
import { systemDatabase } from '../../sql/facts/system-database.ts';
import { type InstancePlaces, relocate } from '../../sql/statement/file-relocation.ts';
import type { FileMove, RestoreStatementInput } from '../../sql/statement/restore-statement.ts';
import type { RestoreRequest } from '../request/restore-request.ts';
import { chainType, type RestoreChain } from '../sets/restore-chain.ts';
import type { RestoreSet } from '../sets/restore-sets.ts';
import { checkWords, wordsOf } from './step-words.ts';

/** One RESTORE statement but for its devices. */
export interface RestoreStep {
  readonly set: RestoreSet;
  readonly input: Omit<RestoreStatementInput, 'deviceNames'>;
}

/** Whether the first backup makes a database, as opposed to continuing one that is left open for it. */
export function startsNew({ steps }: RestoreChain<RestoreSet>): boolean {
  const type = steps[0] && chainType(steps[0]);
  return type !== 'diff' && type !== 'log';
}

/** Whether the files of the database may go elsewhere than the backup says: those of a system database stay (Msg 3179). */
export function mayMove(
  chain: RestoreChain<RestoreSet>,
  { database }: Pick<RestoreRequest, 'database'>,
): boolean {
  return startsNew(chain) && systemDatabase(database) === undefined;
}

/** Throws `Failure('usage')` for wishes that these backups cannot fulfil. */
export function checkWishes(chain: RestoreChain<RestoreSet>, request: RestoreRequest): void {
  checkWords(request);
  const hasLogs = chain.steps.some((step) => chainType(step) === 'log');
  if (request.stopAt !== undefined && !hasLogs)
    throw new Failure(
      'stop-at-without-logs',
      '--stop-at needs log backups, and none is among the files',
      {
        hints: [
          'Only a log holds points in time: name the log backups up to the one that holds it as well.',
        ],
      },
    );
}

/** Sizes as the user says, else as the backup was written. */
export function sizesFor(set: RestoreSet, request: RestoreRequest) {
  return {
    blockSize: request.blockSize ?? set.blockSize,
    transferSize: request.transferSize ?? set.transferSize,
  };
}

/** `files` are those of the first backup as SQL Server lists them; empty where none of them moves. */
export function planSteps(
  chain: RestoreChain<RestoreSet>,
  files: readonly ListedFile[],
  places: InstancePlaces,
  request: RestoreRequest,
): readonly RestoreStep[] {
  const { database, replace, end, stopAt, checksum } = request;
  const isNew = startsNew(chain);
  const moved: FileMove[] = [];
  return chain.steps.map((set, index) => {
    const isFirst = index === 0;
    const isLast = index === chain.steps.length - 1;
    const later = chain.steps.slice(index + 1).flatMap((step) => step.files);
    const moves = mayMove(chain, request)
      ? newMoves(isFirst ? files : set.files, moved, later, places, request)
      : movesOf(isFirst, request);
    moved.push(...moves);
    const isLog = chainType(set) === 'log';
    // With a point to stop at, SQL Server recovers the database where it finds the point, and waits where it does not.
    const mayBeLast = isLast || (isLog && stopAt !== undefined);
    return {
      set,
      input: {
        action: isLog ? 'log' : 'database',
        database,
        moves,
        replace: replace && isFirst && isNew,
        end: mayBeLast ? end : { kind: 'norecovery' },
        stopAt: isLog ? stopAt : undefined,
        checksum,
        with: wordsOf(request.with, isFirst, mayBeLast),
        ...sizesFor(set, request),
      },
    };
  });
}

/** Files that an earlier step has not placed yet: a later backup may bring new ones, whose wishes wait for it. */
function newMoves(
  files: readonly ListedFile[],
  moved: readonly FileMove[],
  later: readonly ListedFile[],
  places: InstancePlaces,
  { database, moves, dataFolder, logFolder }: RestoreRequest,
): readonly FileMove[] {
  const fresh = files.filter((file) => !isAmong(file, moved));
  if (fresh.length === 0) return [];
  const placed = moved.map(({ logicalName, path }) => ({ database: '', logicalName, path }));
  const waits = (move: FileMove) => isAmong(move, later) && !isAmong(move, fresh);
  const due = moves.filter((move) => !isAmong(move, moved) && !waits(move));
  const wishes = { database, moves: due, dataFolder, logFolder };
  return relocate(fresh, wishes, { ...places, placed: [...places.placed, ...placed] });
}

interface Named {
  readonly logicalName: string;
}

function isAmong({ logicalName }: Named, others: readonly Named[]): boolean {
  const name = logicalName.toLowerCase();
  return others.some((other) => other.logicalName.toLowerCase() === name);
}

/** Continuing a database, SQL Server knows its files: only what the user says is said. */
function movesOf(isFirst: boolean, { moves }: RestoreRequest): readonly FileMove[] {
  return isFirst ? moves : [];
}
