// The Dockerfiles cannot be built here. What can be known without: every file they copy exists, every stage they
// copy from was named before, and each instruction is one that Docker knows.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';

const root = join(import.meta.dirname, '..', '..', '..');
const dockerfiles = readdirSync(root).filter((name) => name.startsWith('Dockerfile.'));
const known = /^(FROM|USER|COPY|RUN|WORKDIR|SHELL|ARG|ENV|HEALTHCHECK|CMD)$/;

interface Instruction {
  readonly verb: string;
  readonly words: readonly string[];
}

function instructions(text: string): Instruction[] {
  const continuation = /^# *escape=(.)$/m.exec(text.split('\n')[0] ?? '')?.[1] ?? '\\';
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  const joined = lines.join('\n').replaceAll(`${continuation}\n`, ' ');
  return joined
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [verb = '', ...words] = line.trim().split(/\s+/);
      return { verb, words };
    });
}

function stageNames(all: readonly Instruction[]): string[] {
  return all
    .filter(({ verb, words }) => verb === 'FROM' && words[1] === 'AS')
    .map(({ words }) => words[2] ?? '');
}

suite('Dockerfiles', () => {
  test('there is one for each system', () => {
    assert.deepEqual(dockerfiles.sort(), ['Dockerfile.linux', 'Dockerfile.windows']);
  });

  for (const name of dockerfiles) {
    const all = instructions(readFileSync(join(root, name), 'utf8'));

    test(`${name} holds only instructions of Docker`, () => {
      assert.ok(all.length > 5);
      for (const { verb } of all) assert.match(verb, known);
      assert.ok(all[0]?.verb === 'FROM');
    });

    test(`${name} copies what exists`, () => {
      const copies = all.filter(({ verb }) => verb === 'COPY');
      assert.ok(copies.length > 3);
      for (const { words } of copies) {
        const [from, stage] = (words[0] ?? '').split('=');
        if (from === '--from') assert.ok(stageNames(all).includes(stage ?? ''), stage);
        else for (const file of words.slice(0, -1)) assert.ok(existsSync(join(root, file)), file);
      }
    });
  }
});
