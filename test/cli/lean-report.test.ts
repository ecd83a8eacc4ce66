import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { assertSucceeded, trial } from '../rig/trial.ts';

/** Notes of every diagnostic report, on every thread, whether it leaves the network out. */
const probe = `
import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
const { getReport } = process.report;
process.report.getReport = (...args) => {
  const thread = isMainThread ? 'main' : 'worker';
  appendFileSync(process.env.REPORT_LOG, thread + ' excludeNetwork=' + process.report.excludeNetwork + '\\n');
  return getReport.apply(process.report, args);
};
`;

test('no thread of a backup has its peers looked up in DNS', () =>
  trial(['probe.mjs', 'reports.log', 'sales.bak.zst'], async (rig) => {
    const log = rig.path('reports.log');
    await writeFile(rig.path('probe.mjs'), probe);
    const env = {
      REPORT_LOG: log,
      NODE_OPTIONS: `--import=${pathToFileURL(rig.path('probe.mjs'))}`,
    };
    assertSucceeded(await rig.run(['Sales', 'sales.bak.zst'], { env }).ended);
    const reports = (await readFile(log, 'utf8')).trim().split('\n').sort();
    assert.deepEqual(reports, ['main excludeNetwork=true', 'worker excludeNetwork=true']);
  }));
