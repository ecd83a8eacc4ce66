import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { junitXml } from '../../../src/cli/files/junit-xml.ts';
import { type DrillReport, skipped, unchecked } from '../../../src/job/drill/drill-report.ts';
import { checkJunit } from '../../rig/junit-check.ts';

const passed = { outcome: 'passed', elapsedMs: 1234, messages: [] } as const;
const report: DrillReport = {
  job: 'drill',
  verdict: 'passed',
  files: ['/b/sales.zst'],
  database: 'vdibackup_drill_1',
  dropped: true,
  started: '2026-03-04T05:06:07.089Z',
  finished: '2026-03-04T05:07:07.089Z',
  restore: { ...passed, rawBytes: 1, storedBytes: 1, steps: [] },
  checkdb: { ...passed, ran: ['DBCC CHECKDB'], notes: [] },
  assertions: [],
  rtoMs: 1234,
};

test('a drill that passed', () => {
  const [suite] = checkJunit(junitXml(report)).children;
  assert.deepEqual(suite?.attributes, {
    name: 'vdibackup drill',
    tests: '2',
    failures: '0',
    errors: '0',
    skipped: '0',
    time: '2.468',
    timestamp: '2026-03-04T05:06:07',
    hostname: 'unknown',
  });
});

test('a drill that never restored: an error, and everything else skipped', () => {
  const failed = { ...report.restore, outcome: 'failed', messages: ['no space'] } as const;
  const assertions = [{ name: 'a', query: 'SELECT 1', expected: '1', ...skipped }];
  const xml = junitXml({
    ...report,
    verdict: 'not-restored',
    restore: failed,
    checkdb: unchecked,
    assertions,
  });
  const [suite] = checkJunit(xml).children;
  const cases = suite?.children.filter(({ name }) => name === 'testcase') ?? [];
  assert.deepEqual(
    cases.map(({ children }) => children[0]?.name),
    ['error', 'skipped', 'skipped'],
  );
  assert.equal(cases[0]?.children[0]?.attributes.message, 'no space');
});

test('a drill that was broken off, and one whose database is left: neither is green', () => {
  const xml = junitXml({ ...report, verdict: 'broken-off', reason: 'Ctrl-C', dropped: false });
  const [suite] = checkJunit(xml).children;
  const { errors, failures } = suite?.attributes ?? {};
  assert.deepEqual([errors, failures], ['1', '1']);
  assert.match(xml, /message="Ctrl-C".*database vdibackup_drill_1 could not be dropped/s);
});

test('the characters that XML has a use for', () => {
  const name = `a < b && c > "d" \u0000 \n 'e' ]]> &amp;`;
  const check = { outcome: 'failed', elapsedMs: 1, messages: [name] } as const;
  const xml = junitXml({ ...report, assertions: [{ name, query: name, expected: '1', ...check }] });
  const [suite] = checkJunit(xml).children;
  assert.equal(suite?.children.at(-1)?.attributes.name, possible(name));
  assert.equal(suite?.children.at(-1)?.children[0]?.text, possible(`${name}\n${name}`));
});

test('any words of a query or of SQL Server come through, but for what XML cannot hold', () => {
  const word = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(word, word, word, (name, query, message) => {
      const check = { outcome: 'failed', elapsedMs: 1, messages: [message] } as const;
      const xml = junitXml({ ...report, assertions: [{ name, query, expected: '1', ...check }] });
      const [suite] = checkJunit(xml).children;
      const found = suite?.children.at(-1);
      assert.equal(found?.attributes.name, possible(name));
      assert.equal(found?.children[0]?.attributes.message, possible(message));
    }),
  );
});

function possible(text: string): string {
  return text.replaceAll(
    /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu,
    '\u{FFFD}',
  );
}
