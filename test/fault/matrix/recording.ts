// The steps of a scenario, found by running it once without a fault: the calls on files and of the device as the witness
// and the judge wrote them down, the batches as the server received them.

import { basename } from 'node:path';
import type { Material } from './material.ts';
import type { Scenario } from './scenario.ts';
import { Stage } from './stage.ts';
import type {
  BatchStep,
  DeviceStep,
  FileRole,
  FileStep,
  Moment,
  StatementStep,
  Step,
} from './step.ts';

interface FileCall {
  readonly call: string;
  readonly path: string;
  readonly moment: Moment | 'stream';
  readonly number: number;
}

export async function record(scenario: Scenario, material: Material): Promise<readonly Step[]> {
  const stage = await Stage.set(scenario, material);
  try {
    stage.script(1, {});
    const { code, stderr } = await stage.start(undefined).ended;
    if (code !== 0) throw new Error(`${scenario.name} fails without any fault:\n${stderr}`);
    const { rig } = stage;
    const lines = rig.judged().map((line) => line.replace(/^\d+ \d+ /, ''));
    const { runs, statements, logins } = rig.server;
    const completes = rig.server.instance.completeEnabled;
    return [
      ...fileSteps(lines, rig.folder, scenario),
      ...deviceSteps(lines),
      ...runs.flatMap(({ operation, end }, index) =>
        statementSteps(operation, index + 1, end?.bytes ?? 0, completes),
      ),
      ...batchSteps(statements, scenario.verb === 'drill'),
      ...logins.map((_, index): BatchStep => {
        const number = index + 1;
        return {
          kind: 'login',
          name: `login ${number}`,
          moment: 'opening',
          number,
          text: '',
          isComfort: false,
          isDrop: scenario.verb === 'drill' && number === logins.length,
        };
      }),
    ];
  } finally {
    await stage.strike();
  }
}

/** Follows the log and knows where in the run it is. */
class Clock {
  now: Moment | 'stream' = 'opening';

  see(line: string, scenario: Scenario): void {
    if (/^Create /.test(line)) this.now = 'configuring';
    else if (/^GetCommand .*command=(Write|Read)/.test(line)) this.now = 'stream';
    else if (/^GetCommand .*command=Flush/.test(line)) this.now = 'inside Flush';
    else if (/^GetCommand .*command=Complete/.test(line)) this.now = 'inside Complete';
    else if (/^Close /.test(line)) this.now = 'publishing';
    else if (!scenario.connects) this.#seeFile(line);
  }

  /** Without a device the files tell: the first one that is read or written begins the stream. */
  #seeFile(line: string): void {
    if (/^IO (read|pread|write|pwrite) /.test(line)) this.now = 'stream';
    else if (/^IO (fsync|link|rename) /.test(line)) this.now = 'publishing';
  }
}

function fileSteps(lines: readonly string[], folder: string, scenario: Scenario): FileStep[] {
  const clock = new Clock();
  const numbers = new Map<string, number>();
  const groups = new Map<string, FileCall[]>();
  for (const line of lines) {
    clock.see(line, scenario);
    const [, call = '', path = ''] = /^IO (\w+) (\S+)/.exec(line) ?? [];
    if (!call) continue;
    const key = `${call} ${path}`;
    const number = (numbers.get(key) ?? 0) + 1;
    numbers.set(key, number);
    const group = `${key} ${clock.now}`;
    const calls = groups.get(group) ?? [];
    groups.set(group, [...calls, { call, path, moment: clock.now, number }]);
  }
  return [...groups.values()].flatMap((calls) => spread(calls).map((one) => fileStep(one, folder)));
}

/** The first, the middle and the last of a group, with the moment of each. */
function spread(calls: readonly FileCall[]): (FileCall & { readonly at: Moment })[] {
  const picked = new Map<FileCall | undefined, Moment>([[calls[0], 'first']]);
  const middle = calls[Math.floor(calls.length / 2)];
  if (!picked.has(middle)) picked.set(middle, 'middle');
  if (!picked.has(calls.at(-1))) picked.set(calls.at(-1), 'last');
  return [...picked].flatMap(([call, place]) =>
    call ? [{ ...call, at: call.moment === 'stream' ? place : call.moment }] : [],
  );
}

function fileStep({ call, path, number, at }: FileCall & { at: Moment }, folder: string): FileStep {
  const isFolder = path === folder;
  const file = isFolder ? 'folder' : basename(path);
  const end = isFolder ? '{folder}$' : `/${file}$`;
  const name = `${call} ${file} ${number}`;
  return { kind: 'file', name, moment: at, call, path: end, number, role: roleOf(file) };
}

function roleOf(file: string): FileRole {
  if (file === 'folder') return 'folder';
  if (/^(full|log)\.zst$/.test(file)) return 'source';
  return file.endsWith('.partial') ? 'partial' : 'target';
}

const deviceCalls = /^(Create|GetConfiguration|OpenDevice|GetCommand|CompleteCommand) /;

function deviceSteps(lines: readonly string[]): DeviceStep[] {
  const groups = new Map<string, DeviceStep[]>();
  const counts = new Map<string, number>();
  let set = 0;
  for (const line of lines) {
    const call = deviceCalls.exec(line)?.[1];
    if (!call) continue;
    if (call === 'Create') {
      set += 1;
      counts.clear();
    }
    const number = (counts.get(call) ?? 0) + 1;
    counts.set(call, number);
    const command = /command=(\w+)/.exec(line)?.[1] ?? '';
    const name = [call, command, `of set ${set}`].filter(Boolean).join(' ');
    const step: DeviceStep = { kind: 'device', name, moment: 'first', call, number, set };
    groups.set(name, [...(groups.get(name) ?? []), step]);
  }
  return [...groups.values()].flatMap((steps) => steps3(steps));
}

function steps3(steps: readonly DeviceStep[]): DeviceStep[] {
  const middle = Math.floor(steps.length / 2);
  const picked = new Set([0, middle, steps.length - 1]);
  return [...picked].flatMap((index) => {
    const step = steps[index];
    return step ? [{ ...step, moment: deviceMoment(step, index, steps.length) }] : [];
  });
}

function deviceMoment({ name, call }: DeviceStep, index: number, length: number): Moment {
  if (/Flush/.test(name)) return 'inside Flush';
  if (/ Complete /.test(name)) return 'inside Complete';
  if (!/Command$/.test(call)) return 'configuring';
  if (/^GetCommand of/.test(name)) return 'before the verdict';
  if (index === 0) return 'first';
  return index === length - 1 ? 'last' : 'middle';
}

function statementSteps(
  operation: string,
  set: number,
  bytes: number,
  completes: boolean,
): StatementStep[] {
  const isList = /FILELIST/.test(operation);
  const places: [Moment, number][] = [
    ['configuring', 0],
    ['first', 1],
    ...(isList ? [] : ([['middle', Math.floor(bytes / 2)]] as [Moment, number][])),
    ...(isList ? [] : ([['last', bytes - 1]] as [Moment, number][])),
    ...(/BACKUP/.test(operation) ? ([['inside Flush', bytes]] as [Moment, number][]) : []),
    ...(isList || !completes ? [] : ([['inside Complete', bytes]] as [Moment, number][])),
    ['before the verdict', bytes],
  ];
  return places.map(([moment, at]) => {
    const name = `${operation.toLowerCase()} ${moment}`;
    return { kind: 'statement', name, moment, set, at, operation };
  });
}

function batchSteps(statements: readonly string[], drops: boolean): BatchStep[] {
  const seen = new Map<string, number>();
  const verdict = statements.findLastIndex((text) => /^(BACKUP|RESTORE)\b/.test(text));
  // A session begins with SET.
  const isBegin = (text: string) => /^SET\b/i.test(text);
  const lastSession = statements.findLastIndex(isBegin);
  return statements.map((text, index) => {
    const words = /^(\w+)( (DATABASE|LOG|FILELISTONLY|VERIFYONLY|CHECKDB))?/i.exec(text)?.[0] ?? '';
    const from =
      /\bFROM (sys\.\w+)/i.exec(text)?.[1] ?? /(SERVERPROPERTY|IS_SRVROLEMEMBER)/.exec(text)?.[1];
    const label = `${words.toLowerCase()}${from && /^select/i.test(text) ? ` ${from}` : ''}`;
    const count = (seen.get(label) ?? 0) + 1;
    seen.set(label, count);
    const moment = batchMoment(index, verdict);
    const number = index + 1;
    const isComfort = index > verdict && !statements.slice(verdict, index + 1).some(isBegin);
    const isDrop = drops && index >= lastSession;
    return { kind: 'batch', name: `${label} ${count}`, moment, number, text, isComfort, isDrop };
  });
}

function batchMoment(index: number, verdict: number): Moment {
  if (index === verdict) return 'configuring';
  return index < verdict ? 'opening' : 'publishing';
}
