import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Aftermath, leftBehind } from '../../../src/job/restore/restore-aftermath.ts';
import type { DatabaseFacts } from '../../../src/sql/facts/server-facts.ts';

const facts = (state: string): DatabaseFacts => ({ name: 'Sales', state });
const standby: DatabaseFacts = { name: 'Sales', state: 'ONLINE', isInStandby: true };
const continued = (before: DatabaseFacts | 'missing' | undefined): Partial<Aftermath> => ({
  before: { facts: before, isContinued: true },
});
const made = (before: DatabaseFacts | 'missing' | undefined): Partial<Aftermath> => ({
  before: { facts: before, isContinued: false },
});

type Case = [
  string,
  Partial<Aftermath>,
  DatabaseFacts | 'missing' | undefined,
  RegExp,
  RegExp | undefined,
];

const destructive = /DROP DATABASE|--replace/;
const cases: Case[] = [
  ['nothing was made', made('missing'), 'missing', /nothing was left behind$/, undefined],
  [
    'what was there is gone',
    made(facts('ONLINE')),
    'missing',
    /no database \[Sales\] any more$/,
    /Restore it again/,
  ],
  [
    'nobody says',
    made('missing'),
    undefined,
    /could not be asked$/,
    /SELECT state_desc .* = N'Sales'$/,
  ],
  [
    'a new database is half restored',
    made('missing'),
    facts('RESTORING'),
    /was left RESTORING: nobody can use it$/,
    destructive,
  ],
  [
    'the database before is overwritten',
    made(facts('ONLINE')),
    facts('RESTORING'),
    /left RESTORING.*what it held before this run is overwritten$/,
    /^Restore it again with --replace\.$/,
  ],
  [
    'the full backup is restored, and a log is not',
    { ...made('missing'), restored: ['full.bak', 'log1.trn'] },
    facts('RESTORING'),
    /left RESTORING, with full\.bak, log1\.trn restored/,
    /name the remaining backups alone/,
  ],
  [
    'a database that waits was not touched by --replace',
    { ...made(facts('RESTORING')), isTouched: false },
    facts('RESTORING'),
    /is still RESTORING, as it was before this run$/,
    undefined,
  ],
  [
    'nothing was done to the database that is to be replaced',
    { ...made(facts('ONLINE')), isTouched: false },
    facts('ONLINE'),
    /is ONLINE, as it was before this run$/,
    undefined,
  ],
  [
    'SQL Server came further than it said',
    made(facts('ONLINE')),
    facts('ONLINE'),
    /\[Sales\] is ONLINE$/,
    undefined,
  ],
  [
    'the restore ended, unheard',
    made('missing'),
    facts('ONLINE'),
    /\[Sales\] is ONLINE$/,
    undefined,
  ],
  [
    'it is worse than before',
    made(facts('ONLINE')),
    facts('SUSPECT'),
    /is SUSPECT; it was ONLINE before this run$/,
    undefined,
  ],
  [
    'a secondary of log shipping goes on waiting',
    continued(facts('RESTORING')),
    facts('RESTORING'),
    /is still RESTORING, as it was before this run$/,
    /Restore the log backup that it needs next/,
  ],
  [
    'a secondary that took some logs is not as it was',
    { ...continued(facts('RESTORING')), restored: ['l1', 'l2', 'l3', 'l4'] },
    facts('RESTORING'),
    /still RESTORING, with 4 backups, the last of them l4, restored$/,
    /needs next/,
  ],
  [
    'a standby stays one',
    continued(standby),
    standby,
    /in standby, as it was before this run$/,
    undefined,
  ],
  [
    'a standby is open no longer',
    continued(standby),
    facts('RESTORING'),
    /is RESTORING; it was in standby before this run$/,
    /needs next/,
  ],
  [
    'a standby that this run made',
    { ...continued(facts('RESTORING')), restored: ['l1'] },
    standby,
    /is in standby; it was RESTORING before this run$/,
    undefined,
  ],
];

suite('what a failed restore says it left behind, where', () => {
  for (const [title, change, now, message, hint] of cases)
    test(title, () => {
      const aftermath = {
        database: 'Sales',
        restored: [],
        isTouched: true,
        ...change,
      } as Aftermath;
      const words = leftBehind(aftermath, now);
      assert.match(words.message, message);
      if (hint) assert.match(words.hint ?? '', hint);
      else assert.equal(words.hint, undefined);
      if (aftermath.before.isContinued) assert.doesNotMatch(words.hint ?? '', destructive);
    });
});
