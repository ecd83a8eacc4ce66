// Runs one case: arms the trouble, waits for its moment, sends the signals, waits for the end, and gathers everything that
// can be seen of it from outside. What is right of that is the oracle's business.

import type { Ended, Program } from '../../rig/program.ts';
import type { DeviceRun } from '../../standin/device-run.ts';
import type { LoginFault } from '../../standin/fault.ts';
import type { DeviceBytes } from '../../standin/recipe.ts';
import { type Case, signalSets } from './cases.ts';
import type { Material } from './material.ts';
import { Stage } from './stage.ts';
import { hangs } from './trouble.ts';

export interface Seen extends Ended {
  /** It had to be killed. */
  readonly hung: boolean;
  /** The trouble has happened. */
  readonly met: boolean;
  /** Milliseconds from the first signal to the end; `undefined`: it was sent none. */
  readonly abortMs: number | undefined;
  /** The judge's and the witness's lines, without time and thread. */
  readonly log: readonly string[];
  readonly runs: readonly DeviceRun[];
  /** What SQL Server sent to each device of the last run. */
  readonly sent: readonly DeviceBytes[];
  readonly statements: readonly string[];
  readonly problems: readonly unknown[];
  readonly before: ReadonlyMap<string, Buffer>;
  readonly after: ReadonlyMap<string, Buffer>;
  readonly leftovers: readonly string[];
  readonly databases: ReadonlyMap<string, string>;
  /** Exit code of a run without a fault in the same folder afterwards. */
  readonly again: Ended | undefined;
}

/** Nobody waits longer: what has not ended then is said to hang. */
const patienceMs = 15_000;
/** Between two Ctrl-C of an impatient hand. */
const betweenSignalsMs = 20;
const pollMs = 5;
/** `--stall-timeout` of a hang that nobody interrupts: far more than a busy machine sleeps. */
const stallTimeout = '2s';

export async function play(one: Case, material: Material, followUp: boolean): Promise<Seen> {
  const stage = await Stage.set(one.scenario, material);
  try {
    const before = await stage.files();
    const isMet = arm(stage, one);
    const program = stage.start(one.trouble.witness, startOptions(one));
    const acting = await act(stage, one, program, isMet);
    const ended = await endOf(program);
    const leftovers = await stage.leftovers();
    const { server } = stage.rig;
    const log = judged(stage);
    const runs = [...server.runs];
    const sent = await sentBytes(runs.at(-1));
    const { abortedAt } = acting;
    return {
      ...ended,
      met: isMet(),
      abortMs: abortedAt === undefined ? undefined : performance.now() - abortedAt,
      log,
      runs,
      sent,
      statements: [...server.statements],
      problems: [...server.problems],
      before,
      after: await stage.files(),
      leftovers,
      databases: new Map(server.instance.databases.map(({ name, state }) => [name, state])),
      again: followUp ? await again(stage) : undefined,
    };
  } finally {
    await stage.strike();
  }
}

function startOptions({ scenario, trouble, signals, step }: Case) {
  const isPatient = !hangs(trouble) || signals !== 'none' || !scenario.stalls;
  const login = step.kind === 'login' ? ['--login-timeout', '3'] : [];
  return {
    args: [...(isPatient ? [] : ['--stall-timeout', stallTimeout]), ...login],
    ...(trouble.script !== undefined && { env: { VDI_STANDIN_SCRIPT: trouble.script } }),
  };
}

function judged({ rig }: Stage): string[] {
  return rig.judged().map((line) => line.replace(/^\d+ \d+ /, ''));
}

/** Orders the trouble; the result tells whether it has happened. */
function arm(stage: Stage, { step, trouble }: Case): () => boolean {
  const { server } = stage.rig;
  const isSet = step.kind === 'device' || step.kind === 'statement';
  stage.script(isSet ? step.set : 1, trouble.statement ?? {});
  switch (step.kind) {
    case 'file':
      return () => judged(stage).some((line) => line.startsWith('FAULT '));
    case 'device':
      return () => judged(stage).includes(`NOTE fault ${step.call} ${step.number}`);
    case 'statement':
      return statementMoment(stage, step.set, step.moment, step.at);
    case 'batch':
      server.batchFault(step.number, trouble.batch ?? {});
      return () => server.statements.length >= step.number;
    case 'login':
      return armLogin(stage, step.number, trouble.login ?? {});
  }
}

function armLogin({ rig }: Stage, number: number, fault: LoginFault): () => boolean {
  let asked = false;
  for (let one = 1; one < number; one += 1) rig.server.loginFault({});
  rig.server.loginFault({
    ...fault,
    get 'slow-login'() {
      asked = true;
      return fault['slow-login'] ?? 0;
    },
  });
  return () => asked;
}

/** Whether the devices of the `set`-th statement are where `moment` says. */
function statementMoment(stage: Stage, set: number, moment: string, at: number): () => boolean {
  const mine = () => {
    const log = judged(stage);
    const starts = log.flatMap((line, index) => (/^Create .*NOERROR/.test(line) ? [index] : []));
    return starts.length < set ? [] : log.slice(starts[set - 1], starts[set]);
  };
  switch (moment) {
    case 'configuring':
      return () =>
        stage.rig.server.statements.filter((text) => /^(BACKUP|RESTORE)/.test(text)).length >= set;
    case 'before the verdict':
      return () => mine().some((line) => line.startsWith('Close '));
    case 'inside Complete':
      return () => mine().some((line) => /^CompleteCommand .*(=Flush code=0|code=38)/.test(line));
    default:
      return () => movedBytes(mine()) >= at;
  }
}

function movedBytes(log: readonly string[]): number {
  const moved = /^CompleteCommand .*command=(?:Write|Read) code=(?:0|38) bytes=(\d+)/;
  return log.reduce((sum, line) => sum + Number(moved.exec(line)?.[1] ?? 0), 0);
}

async function act(
  { rig }: Stage,
  { signals, trouble }: Case,
  program: Program,
  isMet: () => boolean,
): Promise<{ abortedAt: number | undefined }> {
  let isOver = false;
  const over = program.ended.then(() => {
    isOver = true;
  });
  const deadline = performance.now() + patienceMs;
  while (!isMet() && !isOver && performance.now() < deadline) await sleep(pollMs);
  if (trouble.cut) rig.server.disconnectAll();
  let abortedAt: number | undefined;
  for (const [index, signal] of signalSets[signals].entries()) {
    if (index > 0) await Promise.race([sleep(betweenSignalsMs), over]);
    if (isOver || program.child.exitCode !== null) break;
    abortedAt ??= performance.now();
    program.signal(signal);
  }
  return { abortedAt };
}

async function endOf(program: Program): Promise<Ended & { hung: boolean }> {
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    program.signal('SIGKILL');
  }, patienceMs);
  const ended = await program.ended;
  clearTimeout(timer);
  return { ...ended, hung };
}

async function sentBytes(run: DeviceRun | undefined): Promise<DeviceBytes[]> {
  const sent: DeviceBytes[] = [];
  for (const device of run?.devices ?? []) if (device.pieces) sent.push(await device.bytes());
  return sent;
}

/** The same once more, and nothing goes wrong: what the case left behind stands in nobody's way. */
async function again(stage: Stage): Promise<Ended> {
  const { rig, scenario } = stage;
  rig.server.forgetFaults();
  const replace = scenario.verb === 'restore' ? ['--replace'] : [];
  const overwrite =
    scenario.verb === 'backup' || scenario.verb === 'extract' ? ['--overwrite'] : [];
  const args = [
    ...scenario.args.filter((word) => word !== '--overwrite'),
    ...replace,
    ...overwrite,
  ];
  const program = scenario.connects ? rig.run(args) : rig.bare(args);
  return program.ended;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
