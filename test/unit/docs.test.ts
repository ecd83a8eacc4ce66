// The documents keep their promises: links lead somewhere, tables say what the program says.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { suite, test } from 'node:test';
import { exitCodes } from '../../src/base/failure-codes.ts';
import { Run } from '../../src/cli/run.ts';
import { errorCodesPage } from '../docs/error-codes-page.ts';
import { surroundings } from './cli/surroundings.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const documents = ['.', 'docs', 'test/standin'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(root, folder, name)),
);

/** Without what is inside code fences. */
function prose(path: string): string {
  return readFileSync(path, 'utf8').replaceAll(/^```.*?^```$/gms, '');
}

/** Relative links, without those to the web. */
function links(path: string): string[] {
  const targets = [...prose(path).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** Anchors of a document, as GitHub makes them from headings. */
function anchors(path: string): string[] {
  return [...prose(path).matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** First cells of the table whose header row begins with `title`. */
function firstColumn(path: string, title: string): string[] {
  const [, table = ''] = readFileSync(path, 'utf8').split(`\n| ${title} |`);
  const rows = table.split('\n\n')[0]?.split('\n').slice(2) ?? [];
  return rows.map((row) => /^\| (.*?[^\\]) \|/.exec(row)?.[1] ?? '');
}

const sources = ['src', 'test'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|js|cpp|h)$/.test(name))
    .map((name) => join(root, folder, name)),
);
const sourceNames = new Set(sources.map((path) => basename(path)));

/** Comments of a source file, each in one line. */
function comments(path: string): string[] {
  const found = readFileSync(path, 'utf8').match(
    /(?:^[ \t]*\/\/[^\n]*\n)+|\/\*[\s\S]*?\*\/|\/\/[^\n]*/gm,
  );
  return (found ?? []).map((comment) => comment.replaceAll(/\n\s*(?:\/\/|\*)\s*/g, ' '));
}

/** What the comments of all sources match, as `file: match` and the match itself. */
function cited(pattern: RegExp): { where: string; match: RegExpExecArray }[] {
  return sources.flatMap((path) =>
    comments(path).flatMap((comment) =>
      [...comment.matchAll(pattern)].map((match) => ({
        where: `${relative(root, path)}: ${match[0]}`,
        match,
      })),
    ),
  );
}

/** A page as a comment names it: from the root of the repository, or beside what names it in test/standin. */
function page(name: string): string | undefined {
  return [join(root, name), join(root, 'test', 'standin', name)].find((path) => existsSync(path));
}

async function help(): Promise<string> {
  const told = surroundings({ argv: ['--help'] });
  assert.equal(await new Run(told.around).start(), 0, told.err());
  return told.out();
}

suite('documents', () => {
  for (const document of documents) {
    test(`${relative(root, document)}: every relative link leads somewhere`, () => {
      for (const link of links(document)) {
        const [file = '', anchor] = link.split('#');
        const target = file === '' ? document : join(dirname(document), file);
        assert.ok(existsSync(target), `${link} does not exist`);
        if (anchor) assert.ok(anchors(target).includes(anchor), `${link} has no such heading`);
      }
    });
  }

  test('and every page that a comment cites exists, with the heading that it names', () => {
    const pages = cited(/([\w./-]+\.md)\b(?:, "([^"]+)")?/g);
    assert.ok(pages.length > 20, 'citations are found');
    const missing = pages.filter(({ match: [, name = '', heading] }) => {
      const path = page(name);
      if (path === undefined) return true;
      const words = readFileSync(path, 'utf8').matchAll(/^(?:#+ (.+)|\*\*(.+?)\*\*)/gm);
      return heading !== undefined && ![...words].some(([, a, b]) => (a ?? b) === heading);
    });
    assert.deepEqual(
      missing.map(({ where }) => where),
      [],
    );
  });

  test('no comment cites a section of what only its author has', () => {
    const sections = cited(/(\S+ \S+),? §+ ?[\d.]+/g);
    const unknown = sections.filter(({ match: [, source = ''] }) => !/^\(?RFC \d+$/.test(source));
    assert.deepEqual(
      unknown.map(({ where }) => where),
      [],
    );
  });

  test('every source file of ours that a comment names exists', () => {
    // Not those of packages, which lie in folders that we do not have (lib/), nor Node.js.
    const named = cited(/(?<![\w/-])((?:[a-z-]+\/)*[a-z][a-z-]*(?:\.test)?\.ts)\b/g);
    assert.ok(named.length > 50, 'names are found');
    const missing = named.filter(({ match: [, name = ''] }) => !sourceNames.has(basename(name)));
    assert.deepEqual(
      missing.map(({ where }) => where),
      [],
    );
  });

  test('the README lists exactly the exit codes of the program', () => {
    const listed = firstColumn(join(root, 'README.md'), 'exit code').map(Number);
    assert.deepEqual(listed, [0, ...Object.values(exitCodes)]);
  });

  test('docs/error-codes.md is what the table of failure codes says', () => {
    const path = join(root, 'docs', 'error-codes.md');
    const hint = 'write it anew: node dist/test/docs/make-error-codes.js';
    assert.equal(readFileSync(path, 'utf8'), errorCodesPage(), hint);
  });

  test('the README lists no option that --help does not know', async () => {
    const options = firstColumn(join(root, 'README.md'), 'option').map(
      (cell) => /`(--[a-z0-9-]+)/.exec(cell)?.[1] ?? cell,
    );
    assert.ok(options.length > 10);
    const known = await help();
    for (const option of options) assert.match(known, new RegExp(`${option}[ ,]`));
  });

  test('troubleshooting speaks of exit codes that exist', () => {
    const path = join(root, 'docs', 'troubleshooting.md');
    const used = [...prose(path).matchAll(/^\| (\d+) \|/gm)].map((match) => Number(match[1]));
    const known: number[] = [0, ...Object.values(exitCodes)];
    assert.ok(used.length > 10);
    assert.deepEqual(
      used.filter((code) => !known.includes(code)),
      [],
    );
  });

  test("the README's test command is one that CI runs", () => {
    assert.ok(readFileSync(join(root, 'README.md'), 'utf8').includes('\nnpm ci && npm test\n'));
    const check = readFileSync(join(root, '.ci', 'run'), 'utf8');
    assert.match(check, /^step 'install' npm ci$/m);
    assert.match(check, /^step 'tests' npm test$/m);
  });
});
