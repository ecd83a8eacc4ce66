// docs/reliability.md out of the outcomes of a whole run. Nothing of machine or day is in it: the same program gives the
// same page.

import { moments } from './step.ts';

export interface Outcome {
  readonly name: string;
  readonly scenario: string;
  readonly step: string;
  readonly moment: string;
  readonly trouble: string;
  readonly signals: string;
  /** Whether the trouble came at all. */
  readonly met: boolean;
  readonly code: number | null;
  readonly broken: readonly string[];
  /** What broke when other runs had a share of the processor; then `broken` is what came of the case alone. */
  readonly besideOthers?: readonly string[];
}

const columns = ['none', 'SIGINT', 'SIGTERM', 'SIGINT twice'];

/** `all`: how many cases there are, run or not. */
export function page(
  outcomes: readonly Outcome[],
  all: number,
  commands: ReadonlyMap<string, string>,
): string {
  const bad = outcomes.filter(isBroken);
  return [
    introduction,
    `**${all} cases, ${outcomes.length} of them run for this page: ${outcomes.length - bad.length} held, ${bad.length} broken.**`,
    '## Runs',
    table(
      ['run', 'command', ...columns, 'held', 'broken'],
      [...grouped(outcomes, ({ scenario }) => scenario)].map(([name, group]) => [
        name,
        `\`${commands.get(name) ?? ''}\``,
        ...counts(group),
      ]),
    ),
    '## Moments',
    table(
      ['moment', ...columns, 'held', 'broken'],
      moments.flatMap((moment) => {
        const group = outcomes.filter((one) => one.moment === moment);
        return group.length > 0 ? [[moment, ...counts(group)]] : [];
      }),
    ),
    '## Steps',
    stepsNote,
    table(
      ['run', 'moment', 'step', 'what goes wrong', ...columns, 'held', 'broken'],
      [...grouped(outcomes, ({ scenario, moment, step }) => `${scenario}|${moment}|${step}`)].map(
        ([key, group]) => [...key.split('|'), troubles(group), ...counts(group)],
      ),
    ),
    ...(bad.length > 0
      ? ['## Broken', list(bad.map((one) => `${one.name}: ${one.broken.join('; ')}`))]
      : []),
    notCovered,
  ].join('\n\n');
}

function isBroken({ broken }: Outcome): boolean {
  return broken.length > 0;
}

function grouped(
  outcomes: readonly Outcome[],
  keyOf: (outcome: Outcome) => string,
): Map<string, Outcome[]> {
  const groups = new Map<string, Outcome[]>();
  for (const one of outcomes) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}

function counts(group: readonly Outcome[]): string[] {
  const bad = group.filter(isBroken).length;
  const each = columns.map((signals) => group.filter((one) => one.signals === signals).length);
  return [...each, group.length - bad, bad].map(String);
}

function troubles(group: readonly Outcome[]): string {
  return [...new Set(group.map(({ trouble }) => trouble))].join(', ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

const introduction = `# Reliability: what was made to fail, and what held

\`npm run test:faults -- --publish\` writes this page. It records one run of each command below with a witness that sees
every call on a file, a judge that sees every call of the Virtual Device Interface, and a server that counts the batches
it gets. Each call and each batch is a step. Then every step goes wrong in every way listed here, alone and with a signal
at that moment, each in a run of its own: the real program, the real signals, a stand-in for SQL Server.

After each run one function judges what can be seen from outside
([oracle.ts](../test/fault/matrix/oracle.ts)). Held means all of this:

- exit code 0 if and only if SQL Server reported success last, every byte it sent is in the file under the final name,
  and every Flush and Complete was answered after the fsync;
- with any other code yesterday's file is untouched, and nothing bears a final name that was free before;
- no file is left but one that SQL Server may count on, whole, and named in the last line;
- the exit code is one of the table in the README, and one that this trouble or this signal explains; the last line says so;
- a harmless trouble (a short write, a slow disk) changes nothing; a failing disk is told to SQL Server by its Win32 code;
- SignalAbort at most once and before Close, Close exactly once, no breach of the contract of VDI;
- a signal ends the run within seconds, a hang ends with \`--stall-timeout\`;
- a restore says the true state of the database, a drill has dropped its own;
- no process, temporary file or shared memory is left, and (for every eighth case) the next run succeeds.

\`npm run test:faults -- --show --only 'NAME'\` repeats one case, \`--list\` prints their names, and \`.ci/run\` runs a sample.`;

const stepsNote = `A step that a run takes often at one moment is tried at its first, middle and last time. \`set 2\` is the second device set
of a restore; the first one reads the list of files. The columns of signals count cases.`;

const notCovered = `## What is not covered

- SQL Server itself: the other side is a test double, which knows what is documented and what was seen. What a real server
  does after a lost connection or a late attention is its own.
- Windows: the same program runs its own, smaller tests there.
- Calls the witness does not see: stat, mkdir, chmod, locks, memory and thread creation, sockets by themselves (a lost
  or silent connection stands for them), name resolution and TLS handshakes.
- Two troubles at once, other than one trouble and a signal.
- A power cut: the witness knows what was synced, not what a disk does with it. Disks that lie about fsync.
- Standard input and output as source and destination, stuck terminals, full pipes: [test/fault](../test/fault) and
  [test/cli](../test/cli) have cases of their own.
- A hang of DROP DATABASE after a drill that nobody interrupts, and of files that \`extract\` and \`verify\` read or write:
  these have no \`--stall-timeout\`, so only a signal ends them.
- Runs other than the first two of backup and extract are not tried with every signal; the columns say which.
`;
