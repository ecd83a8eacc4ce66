// What `info` shows of a backup set to a person.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { infoTable } from '../../../src/cli/report/info-table.ts';
import type { FileInfo } from '../../../src/job/info/info-report.ts';

function shown(header: FileInfo['sets'][number]['header']): string {
  return infoTable({
    file: 'sales.bak',
    form: 'mtf',
    storedBytes: 1,
    sets: [{ header, files: [] }],
  });
}

const started = '2026-05-01T17:00:00';

for (const [minutes, zone] of [
  [0, '+00:00'],
  [120, '+02:00'],
  [345, '+05:45'],
  [-210, '-03:30'],
] as const)
  test(`times of the server have their offset from UTC: ${zone}`, () => {
    const text = shown({ BackupStartDate: started, TimeZoneMinutes: minutes });
    assert.ok(text.includes(`  start                ${started}${zone}\n`), text);
  });

test('a backup that does not say its zone shows the time alone', () => {
  assert.match(shown({ BackupStartDate: started }), /start +2026-05-01T17:00:00\n/);
});
