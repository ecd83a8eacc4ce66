import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { assertSucceeded, trial } from '../rig/trial.ts';

/** Notes every diagnostic report, on every thread, and that each thread was watched. */
const probe = `
import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
const note = (what) => appendFileSync(process.env.REPORT_LOG, what + '\\n');
const { getReport } = process.report;
process.report.getReport = (...args) => {
  note('report');
  return getReport.apply(process.report, args);
};
if (!isMainThread) note('worker');
`;

test('no thread of a backup asks for a report, which looks its peers up in DNS and waits for every other thread', () =>
  trial(['probe.mjs', 'reports.log', 'sales.bak.zst'], async (rig) => {
    const log = rig.path('reports.log');
    await writeFile(rig.path('probe.mjs'), probe);
    const env = {
      REPORT_LOG: log,
      NODE_OPTIONS: `--import=${pathToFileURL(rig.path('probe.mjs'))}`,
    };
    assertSucceeded(await rig.run(['Sales', 'sales.bak.zst'], { env }).ended);
    const noted = new Set((await readFile(log, 'utf8')).trim().split('\n'));
    assert.deepEqual([...noted], ['worker']);
  }));
