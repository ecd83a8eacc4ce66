import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { StripeFiles } from '../../../src/job/files/stripe-files.ts';
import type { BackupRequest } from '../../../src/job/request/backup-request.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vdibackup-stripes-'));
});
after(() => rm(folder, { recursive: true }));

function request(...names: string[]): BackupRequest {
  const files = names.map((name) => join(folder, name));
  // What StripeFiles looks at; the rest of a request has no meaning for it.
  return {
    files,
    compression: { kind: 'none' },
    overwrite: false,
    sha256: false,
    dryRun: false,
  } as unknown as BackupRequest;
}

test('files that are still being created when everything is discarded do not stay', async () => {
  const files = await StripeFiles.check(request('a', 'b', 'c'));
  const creating = files.create(1, () => undefined).catch((thrown: unknown) => thrown);
  assert.equal(await files.discard(), true);
  await creating;
  assert.deepEqual(await readdir(folder), []);
});

test('discard before anything was created is harmless, and frees the lock', async () => {
  await (await StripeFiles.check(request('a'))).discard();
  await (await StripeFiles.check(request('a'))).discard();
  assert.deepEqual(await readdir(folder), []);
});
