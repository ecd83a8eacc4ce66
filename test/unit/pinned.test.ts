// What is fetched from elsewhere is named by its content: images by digest, actions by commit, downloads by SHA-256.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';

const root = join(import.meta.dirname, '..', '..', '..');
const filesIn = (folder: string, wanted: RegExp) =>
  readdirSync(join(root, folder))
    .filter((name) => wanted.test(name))
    .map((name) => join(folder, name));
const dockerfiles = filesIn('.', /^Dockerfile\./);
const workflows = [...filesIn('.github/workflows', /\.yml$/), ...filesIn('action', /\.yml$/)];
const linesOf = (path: string) => readFileSync(join(root, path), 'utf8').split('\n');

suite('what is fetched', () => {
  for (const path of dockerfiles)
    test(`${path} names its images by digest`, () => {
      const from = linesOf(path).flatMap((line) => /^FROM (\S+)(?: AS (\S+))?$/.exec(line) ?? []);
      const images = linesOf(path).flatMap((line) => /^FROM (\S+)/.exec(line)?.[1] ?? []);
      assert.ok(images.length > 1);
      for (const image of images)
        assert.ok(/@sha256:[0-9a-f]{64}$/.test(image) || from.includes(image), image);
    });

  for (const path of [...dockerfiles, ...workflows])
    test(`${path} checks each download`, () => {
      const text = linesOf(path)
        .join('\n')
        .replaceAll(/[`\\]\n/g, ' ');
      for (const line of text.split('\n').filter((one) => /Invoke-WebRequest|\bcurl /.test(one)))
        if (!line.includes('apt-get install')) assert.match(line, /Get-FileHash|sha256sum -c/);
    });

  test('every action is named by its commit, with its version beside it', () => {
    const used = [...workflows, 'docs/ci-drill.md']
      .flatMap(linesOf)
      .flatMap((line) => /\buses: (.*)$/.exec(line)?.[1] ?? []);
    assert.ok(used.length > 5);
    for (const action of used)
      if (!action.startsWith('your-organisation/'))
        assert.match(action, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('no password stands on a command line of docker', () => {
    for (const path of [...dockerfiles, ...workflows, ...filesIn('docs', /\.md$/), 'README.md'])
      for (const line of linesOf(path)) assert.doesNotMatch(line, /docker .*-e \w*PASSWORD=/, path);
  });
});
