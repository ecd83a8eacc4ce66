// A drill as JUnit XML, in the shape that Jenkins, GitLab, GitHub actions and Azure read: testsuites > testsuite >
// properties, testcase > failure | error | skipped.

import type { DatabaseCheck, DrillCheck, DrillReport } from '../../job/drill/drill-report.ts';

type Attributes = Readonly<Record<string, string | number>>;

interface TestCase {
  readonly name: string;
  readonly check: DrillCheck & Partial<Pick<DatabaseCheck, 'reason' | 'notes'>>;
  /** A drill that cannot go on is an error of the test, a check that fails is its finding. */
  readonly as: 'error' | 'failure';
  readonly detail: string;
}

export function junitXml(report: DrillReport): string {
  const cases = testCases(report);
  const of = (as: TestCase['as']) =>
    cases.filter((one) => one.as === as && one.check.outcome === 'failed').length;
  const counts = { tests: cases.length, failures: of('failure'), errors: of('error') };
  const skipped = cases.filter(({ check }) => check.outcome === 'skipped').length;
  const time = seconds(cases.reduce((sum, { check }) => sum + check.elapsedMs, 0));
  const suite = element(
    'testsuite',
    {
      name: 'vdibackup drill',
      ...counts,
      skipped,
      time,
      timestamp: report.started.slice(0, 19),
      hostname: report.server?.name ?? 'unknown',
    },
    [properties(report), ...cases.map(testCase)],
  );
  const suites = element('testsuites', { name: 'vdibackup drill', ...counts, time }, [suite]);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${suites}\n`;
}

function testCases(report: DrillReport): TestCase[] {
  const { files, restore, checkdb, assertions } = report;
  return [
    { name: 'restore', check: restore, as: 'error', detail: files.join('\n') },
    { name: checkTitle(checkdb), check: checkdb, as: 'failure', detail: '' },
    ...assertions.map(
      (check): TestCase => ({ name: check.name, check, as: 'failure', detail: check.query }),
    ),
    ...otherFindings(report),
  ];
}

/** A green case must not stand for more than was checked. */
function checkTitle({ outcome, ran }: DatabaseCheck): string {
  return outcome === 'skipped' || ran.length === 0 ? 'DBCC CHECKDB' : ran.join(', ');
}

/** What none of the checks shows: without a case of its own a CI system would see nothing but green. */
function otherFindings({ verdict, reason = '', dropped, database }: DrillReport): TestCase[] {
  const left = `the throw-away database ${database} could not be dropped`;
  return [
    ...(verdict === 'broken-off' ? [finding('drill', 'error', reason)] : []),
    ...(dropped ? [] : [finding('DROP DATABASE', 'failure', left)]),
  ];
}

function finding(name: string, as: TestCase['as'], message: string): TestCase {
  return { name, check: { outcome: 'failed', elapsedMs: 0, messages: [message] }, as, detail: '' };
}

function testCase(one: TestCase): string {
  const { elapsedMs, notes = [] } = one.check;
  const attributes = { name: one.name, classname: 'vdibackup.drill', time: seconds(elapsedMs) };
  const said = notes.length > 0 ? [element('system-out', {}, [escaped(notes.join('\n'))])] : [];
  return element('testcase', attributes, [...outcomeOf(one), ...said]);
}

function outcomeOf({ name, check, as, detail }: TestCase): string[] {
  const { outcome, messages, reason } = check;
  if (outcome === 'passed') return [];
  if (outcome === 'skipped')
    return [element('skipped', reason === undefined ? {} : { message: reason })];
  const [message = 'failed'] = messages;
  const text = [...messages, detail].filter((line) => line !== '').join('\n');
  const type = name === 'restore' ? 'restore' : 'drill';
  return [element(as, { message, type }, [escaped(text)])];
}

function properties({ rtoMs, rpo, database, verdict }: DrillReport): string {
  const values: Attributes = {
    database,
    verdict,
    ...(rtoMs !== undefined && { rtoMs }),
    ...(rpo && { dataAsOf: rpo.dataAsOf, rpoMs: rpo.ageMs }),
  };
  const list = Object.entries(values).map(([name, value]) => element('property', { name, value }));
  return element('properties', {}, list);
}

function element(
  name: string,
  attributes: Attributes = {},
  content: readonly string[] = [],
): string {
  const words = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escaped(`${value}`)}"`,
  );
  const tag = `${name}${words.join('')}`;
  return content.length === 0 ? `<${tag}/>` : `<${tag}>${content.join('')}</${name}>`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** Characters that XML 1.0 cannot hold even escaped: most controls, halves of surrogate pairs, U+FFFE and U+FFFF. */
const impossible = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
};

function escaped(text: string): string {
  return (
    text
      .replaceAll(impossible, '\u{FFFD}')
      .replaceAll(/[&<>"\n\r\t]/g, (character) => entities[character] ?? character)
      // As characters, but not as ones that turn the text around for whoever looks at the file.
      .replaceAll(invisible, (character) => `&#${character.codePointAt(0)};`)
  );
}
