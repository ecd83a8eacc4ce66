// docs/error-codes.md out of the table of failure codes.

import { exitCodes, type FailureKind, failureCodes } from '../../src/base/failure-codes.ts';

interface Line {
  readonly kind: FailureKind;
  readonly code: string;
  readonly meaning: string;
}

const lines: readonly Line[] = Object.entries<readonly [FailureKind, string, string?]>(
  failureCodes,
).map(([row, [kind, meaning, code = row]]) => ({ kind, code, meaning }));

const introduction = `# Error codes

Each failure has a \`code\`: a name for scripts that stays, whatever the words are. The last object of \`--json\` and the last
line of \`--log-file\` hold it beside the exit code. Some codes stand under more than one exit code, which tells the cases
apart. What to do next is said with the error (\`hint:\`) and in [troubleshooting](troubleshooting.md). A script must treat a
code it does not know as a failure. Warnings, findings of \`doctor\` and what \`verify\` finds inside of a file have names of their
own, which are not listed here.
`;

/** By exit code, and in each by name. */
export function errorCodesPage(): string {
  const sections = Object.keys(exitCodes).map((kind) => section(kind as FailureKind));
  return [introduction, ...sections.filter((text) => text !== '')].join('\n');
}

function section(kind: FailureKind): string {
  const rows = lines
    .filter((line) => line.kind === kind)
    .sort((a, b) => (a.code < b.code ? -1 : 1))
    .map(({ code, meaning }) => `| ${exitCodes[kind]} | \`${code}\` | ${meaning} |`);
  if (rows.length === 0) return '';
  const head = `## Exit code ${exitCodes[kind]}\n\n| exit | code | meaning |\n| --- | --- | --- |`;
  return `${head}\n${rows.join('\n')}\n`;
}
