// Every command line of vdibackup in the pages and examples is one that it understands: verb, options, operands.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Command, CommanderError } from 'commander';
import { routeArgv } from '../../src/cli/argv.ts';
import type { Running } from '../../src/cli/verb.ts';
import { verbs } from '../../src/cli/verbs.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const pages = ['README.md', ...papersIn('docs', /\.md$/), ...papersIn('examples', /./)];

function papersIn(folder: string, wanted: RegExp): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => wanted.test(name))
    .map((name) => join(folder, name));
}

/** Of a Markdown page what is inside code fences, of an example all of it; continued lines joined. */
function codeOf(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/ [\\`]\n\s*/g, ' ');
  if (!page.endsWith('.md')) return text.split('\n').filter((line) => !line.startsWith('#'));
  const fences = text.matchAll(/^```(?:sh|powershell|text)\n([\s\S]*?)^```/gm);
  return [...fences].flatMap(([, code = '']) => code.split('\n'));
}

/** The words that follow the program's name, up to a pipe, a redirection, `&&` or a comment. */
function wordsOf(line: string): string[] | undefined {
  const found = /(?:(?:^|\s)vdibackup|vdibackup\.js['"]?) (.*)$/.exec(line)?.[1];
  // What a wrapper passes on is not known; what is abbreviated is no line to copy.
  if (found === undefined || found.startsWith('%*') || found.includes('…')) return undefined;
  if (/^\s*(?:OK|FAILED|error|hint|(?:sudo )?ln|#)/.test(line)) return undefined;
  const words = found.match(/'[^']*'|"[^"]*"|[^\s'"]+/g) ?? [];
  const end = words.findIndex((word) => /^(?:\||[<>]|2?>|&&|;|#|\+$)/.test(word));
  return words
    .slice(0, end < 0 ? undefined : end)
    .map((word) => word.replaceAll(/^['"]|['"]$/g, '').replace('</Arguments>', ''));
}

/** The program without its work: throws where commander does not understand. */
function understand(argv: readonly string[]): void {
  const program = new Command('vdibackup').exitOverride().enablePositionalOptions();
  program.configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  program.version('0', '--version').helpCommand('help [command]');
  const commands = verbs.map(({ declare }) => declare(program, {} as Running));
  for (const command of commands) command.exitOverride().action(() => undefined);
  const routed = routeArgv(argv, {
    options: commands.flatMap(({ options }) => options),
    optionsOf: (verb) => commands.find((command) => command.name() === verb)?.options ?? [],
    verbs: [...commands.map((command) => command.name()), 'help'],
    reserved: [],
    shortForm: 'backup',
  });
  program.parse(routed.argv as string[], { from: 'user' });
}

const lines = pages.flatMap((page) =>
  codeOf(page).flatMap((line) => {
    const words = wordsOf(line);
    return words ? [{ page, words }] : [];
  }),
);

suite('command lines of the pages', () => {
  test('there are some in every page that promises them', () => {
    for (const page of ['README.md', 'docs/restore.md', 'docs/schedule.md', 'docs/ci-drill.md'])
      assert.ok(
        lines.some((line) => line.page === page),
        page,
      );
    assert.ok(lines.length > 50, `${lines.length}`);
  });

  for (const { page, words } of lines)
    test(`${page}: vdibackup ${words.join(' ')}`, () => {
      try {
        understand(words);
      } catch (error) {
        const isShown = error instanceof CommanderError && error.exitCode === 0;
        assert.ok(isShown, `${error}`);
      }
    });
});
