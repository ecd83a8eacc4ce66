// What a backup says of the streams it saw.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackupRecord } from '../../../src/job/backup/backup-record.ts';
import type { BackupRequest } from '../../../src/job/request/backup-request.ts';

test('a stripe that SQL Server sent nothing is warned of, one of an unknown format is not', () => {
  const record = new BackupRecord({ files: ['a', 'b'] } as unknown as BackupRequest, 'set');
  record.observe(0, Buffer.from('a format of the future'));
  record.observe(1, Buffer.alloc(0));
  assert.deepEqual(
    record.streamWarnings().map((event) => 'message' in event && event.message),
    ['the stream of stripe 2 does not end as a SQL Server backup does: it is empty'],
  );
});
