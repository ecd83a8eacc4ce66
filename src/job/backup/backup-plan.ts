// What a backup is about to do: its T-SQL, and how it is stored, in words.

import { backupStatement } from '../../sql/statement/backup-statement.ts';
import type { BackupRequest } from '../request/backup-request.ts';
import type { ServerAnswers } from './backup-preflight.ts';

/** The BACKUP statement to the devices of these names. Failure `usage` for words that `--with` cannot say. */
export function plannedStatement(
  request: BackupRequest,
  deviceNames: readonly string[],
  { server, databaseName }: ServerAnswers,
): string {
  const { type, compression, checksum, transferSize, bufferCount, blockSize, name, description } =
    request;
  return backupStatement({
    database: databaseName,
    type,
    deviceNames,
    compression: compression.kind,
    checksum,
    transferSize,
    bufferCount,
    blockSize,
    name,
    description,
    with: request.with,
    serverMajor: server.productMajor,
  });
}

/** How, for a person. */
export function planLines({
  compression,
  threads,
  transferSize,
  overwrite,
}: BackupRequest): string[] {
  const how =
    compression.kind === 'zstd'
      ? `zstd level ${compression.level} on ${threads} threads`
      : compression.kind;
  return [
    `compression: ${how}`,
    `transfer size: ${transferSize} bytes`,
    `existing files: ${overwrite ? 'replaced after success' : 'refused'}`,
  ];
}
