// The documents keep their promises: links lead somewhere, tables say what the program says.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { suite, test } from 'node:test';
import { runProgram } from '../../src/cli/program.js';
import { exitCodes } from '../../src/errors.js';

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

async function nothing(): Promise<void> {}

async function help(): Promise<string> {
  let text = '';
  await runProgram({
    argv: ['--help'],
    writeOut: (words) => {
      text += words;
    },
    learnSecret: () => undefined,
    actions: {
      backup: nothing,
      restore: nothing,
      drill: nothing,
      extract: nothing,
      verify: nothing,
      info: nothing,
      doctor: nothing,
    },
  });
  return text;
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

  test('the README lists exactly the exit codes of the program', () => {
    const listed = firstColumn(join(root, 'README.md'), 'exit code').map(Number);
    assert.deepEqual(listed, [0, ...Object.values(exitCodes)]);
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
