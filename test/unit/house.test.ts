// The house as docs/ARCHITECTURE.md describes it: its rooms, and no import in a circle.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { suite, test } from 'node:test';

const root = join(import.meta.dirname, '..', '..', '..');
const src = join(root, 'src');
/** More are hard to see through; then a group of them is a folder. */
const maxFilesOfFolder = 16;

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replaceAll('\\', '/'));

/** What a file imports of this program, types included. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)];
  return specifiers.map(([, specifier = '']) => join(dirname(file), specifier));
}

/** Paths of all source files, from the root: what may use an export of `src`. */
const users = ['src', 'test', 'bin'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[cm]?[jt]s$/.test(name))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`),
);

/** Names a file takes from others, as `path#name`. What it takes whole or at run time may be any name that it mentions. */
function namesTaken(user: string): string[] {
  const text = readFileSync(join(root, user), 'utf8');
  const from = (specifier = '') => join(dirname(user), specifier);
  const listed = [...text.matchAll(/^(?:import|export) (?:type )?\{([^}]*)\} from '(\.[^']+)'/gm)];
  const names = listed.flatMap(([, list = '', specifier]) =>
    list.split(',').map((one) => `${from(specifier)}#${/(?:type )?(\w*)/.exec(one.trim())?.[1]}`),
  );
  const whole = [...text.matchAll(/(?:import\(|\* as \w+ from )'(\.[^']+)'/g)];
  if (whole.length === 0) return names;
  const mentioned = [...new Set(text.match(/\w+/g))];
  return [
    ...names,
    ...whole.flatMap(([, specifier]) => mentioned.map((name) => `${from(specifier)}#${name}`)),
  ];
}

/** What a file of `src` exports, as `path#name`. */
function namesGiven(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8');
  const given = text.matchAll(
    /^export (?:async function\*?|abstract class|function|class|const|interface|type) (\w+)/gm,
  );
  return [...given].map(([, name]) => `src/${file}#${name}`);
}

/** A way from a file back to itself, if there is one. */
function circle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of graph.get(file) ?? []) {
      const found = walk(next, [...way, file]);
      if (found) return found;
    }
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const found = walk(file, []);
    if (found) return found;
  }
  return undefined;
}

suite('the house', () => {
  test('has the rooms that docs/ARCHITECTURE.md lists, and no other', () => {
    const text = readFileSync(join(root, 'docs', 'ARCHITECTURE.md'), 'utf8');
    const [, table = ''] = text.split('| room | holds | may know |');
    const listed = [...(table.split('\n\n')[0] ?? '').matchAll(/^\| `(.+)\/` \|/gm)];
    assert.deepEqual(
      listed.map(([, room]) => room).sort(),
      [...new Set(files.map((file) => dirname(file)))].sort(),
    );
  });

  test('has a paragraph for each room', () => {
    const text = readFileSync(join(root, 'docs', 'ARCHITECTURE.md'), 'utf8');
    for (const room of new Set(files.map((file) => file.split('/')[0])))
      assert.ok(text.includes(`\n\n**${room}** `), `no paragraph begins with **${room}**`);
  });

  test(`has at most ${maxFilesOfFolder} files in a folder`, () => {
    const counts = new Map<string, number>();
    for (const file of files) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
    const full = [...counts].filter(([, count]) => count > maxFilesOfFolder);
    assert.deepEqual(full, []);
  });

  test('has no file that imports itself over others, types included', () => {
    const graph = new Map(files.map((file) => [file, importsOf(file)]));
    assert.ok([...graph.values()].flat().length > files.length, 'imports are found');
    assert.equal(circle(graph)?.join(' -> '), undefined);
  });

  test('exports only what another file takes', () => {
    const taken = new Set(users.flatMap(namesTaken));
    const given = files.flatMap(namesGiven);
    assert.ok(given.length > files.length, 'exports are found');
    assert.deepEqual(
      given.filter((name) => !taken.has(name)),
      [],
    );
  });

  test('names in docs/ARCHITECTURE.md only files that exist', () => {
    const text = readFileSync(join(root, 'docs', 'ARCHITECTURE.md'), 'utf8');
    const named = [...text.matchAll(/`(?:src\/)?([a-z/-]+\/[a-z-]+\.ts)`/g)].map(
      ([, name = '']) => name,
    );
    const tests = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' });
    const known = [...files, ...tests.map((name) => relative('', join('test', name)))];
    const missing = named.filter(
      (name) => !known.some((file) => file === name || file.endsWith(`/${name}`)),
    );
    assert.deepEqual(missing, []);
  });
});
