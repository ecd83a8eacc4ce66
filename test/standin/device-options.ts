// WITH options of BACKUP and RESTORE: values, limits, conflicts.
import { backupMessages } from './backup-message.ts';
import { DeviceFailure } from './device-failure.ts';
import { evaluate } from './evaluator.ts';
import type { Instance } from './instance.ts';
import type { Scope } from './scope.ts';
import { toText } from './sql-conversion.ts';
import { syntaxNear } from './sql-error.ts';
import type { DeviceStatement } from './statement.ts';

export interface DeviceOptions {
  readonly blockSize: number;
  readonly transferSize: number;
  readonly buffers: number;
  /** Percent between two 3211; `undefined`: none. */
  readonly stats: number | undefined;
  readonly checksum: boolean;
  readonly compression: boolean;
  readonly copyOnly: boolean;
  readonly differential: boolean;
  readonly leavesRestoring: boolean;
  readonly replace: boolean;
  /** As written; a local time. */
  readonly stopAt: string | undefined;
  readonly name: string | null;
  /** Position of the backup set that RESTORE means, from 1. */
  readonly file: number;
  readonly has: (option: string) => boolean;
}

const unitOfTransfer = 65_536;
const largestTransfer = 4_194_304;
const smallestBlock = 512;
const largestBlock = 65_536;
const defaultStats = 10;
const firstVersionWithAlgorithms = 16;

const conflicts: readonly (readonly [string, string])[] = [
  ['COMPRESSION', 'NO_COMPRESSION'],
  ['CHECKSUM', 'NO_CHECKSUM'],
  ['FORMAT', 'NOFORMAT'],
  ['INIT', 'NOINIT'],
  ['RECOVERY', 'NORECOVERY'],
  ['FORMAT', 'NOINIT'],
];

export function readDeviceOptions(
  statement: DeviceStatement,
  scope: Scope,
  instance: Instance,
): DeviceOptions {
  const { options, operation } = statement;
  const isBackup = operation.startsWith('BACKUP');
  const has = (option: string) => options.has(option);
  checkConflicts(statement);
  const value = (option: string): string | undefined => {
    const given = options.get(option);
    if (given === undefined || given === true || 'words' in given) return undefined;
    const result = evaluate(given.expression, scope);
    return result === null ? undefined : toText(result);
  };
  const devices = statement.devices.length;
  const compression = has('COMPRESSION') || (isBackup && usesDefault(statement, instance));
  if (compression) checkCompression(statement, instance);
  return {
    blockSize: blockSize(value('BLOCKSIZE')),
    transferSize: transferSize(value('MAXTRANSFERSIZE')),
    buffers: bufferCount(value('BUFFERCOUNT'), devices),
    stats: has('STATS') ? Math.max(1, Number(value('STATS') ?? defaultStats)) : undefined,
    checksum: has('CHECKSUM'),
    compression,
    copyOnly: has('COPY_ONLY'),
    differential: has('DIFFERENTIAL'),
    leavesRestoring: has('NORECOVERY') || has('STANDBY'),
    replace: has('REPLACE'),
    stopAt: value('STOPAT'),
    name: value('NAME') ?? null,
    file: Number(value('FILE') ?? 1),
    has,
  };
}

function checkConflicts({ options, operation }: DeviceStatement): void {
  for (const [one, other] of conflicts) {
    if (options.has(one) && options.has(other)) {
      throw new DeviceFailure([backupMessages.conflict(one, other)]);
    }
  }
  if (operation === 'BACKUP LOG' && options.has('DIFFERENTIAL')) {
    throw new DeviceFailure([backupMessages.unsupported('differential')]);
  }
}

function usesDefault({ options }: DeviceStatement, instance: Instance): boolean {
  return instance.backupCompressionDefault && !options.has('NO_COMPRESSION');
}

function checkCompression({ options, operation }: DeviceStatement, instance: Instance): void {
  const given = options.get('COMPRESSION');
  const major = instance.versionParts[0] ?? 0;
  const hasWords = typeof given === 'object' && 'words' in given;
  if (hasWords && major < firstVersionWithAlgorithms) throw syntaxNear('(');
  if (given && /express/i.test(instance.edition)) {
    throw new DeviceFailure([backupMessages.compressionEdition(operation, instance.edition)]);
  }
}

function transferSize(text: string | undefined): number {
  const size = Number(text ?? unitOfTransfer);
  const isValid = size >= unitOfTransfer && size <= largestTransfer && size % unitOfTransfer === 0;
  if (!isValid) throw new DeviceFailure([backupMessages.invalidValue('MAXTRANSFERSIZE')]);
  return size;
}

function blockSize(text: string | undefined): number {
  const size = Number(text ?? smallestBlock);
  const isPowerOfTwo = Number.isInteger(Math.log2(size));
  if (!isPowerOfTwo || size < smallestBlock || size > largestBlock) {
    throw new DeviceFailure([backupMessages.blockSize()]);
  }
  return size;
}

function bufferCount(text: string | undefined, devices: number): number {
  const count = text === undefined ? defaultBuffers(devices) : Number(text);
  if (!(count > 0 && count < 0x8000_0000)) {
    throw new DeviceFailure([backupMessages.invalidValue('BUFFERCOUNT')]);
  }
  if (count < devices) throw new DeviceFailure([backupMessages.tooFewBuffers()]);
  return count;
}

// SQL Server's habit for one database file: a reader's and a writer's share for every device.
function defaultBuffers(devices: number): number {
  return devices * 3 + 3 + 1;
}
