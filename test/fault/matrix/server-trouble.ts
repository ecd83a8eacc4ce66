// What can go wrong with SQL Server: its devices, its statements, its answers. Tables.

import type { Scenario } from './scenario.ts';
import type { BatchStep, DeviceStep, StatementStep } from './step.ts';
import { hangMs, slowMs, stalled, type Trouble } from './trouble.ts';

const connectionLost = [4];
/** Refused, misbehaving or aborted devices: environment, SQL Server's error, or of no other kind. */
const device = [1, 5, 7];

// ---- devices

const timeout = '0x80770003';
const results: readonly [string, string][] = [
  ['VD_E_INVALID', '0x80770006'],
  ['VD_E_UNEXPECTED', '0x8077000B'],
  ['an unknown code', '0x80770099'],
];

export function deviceTroubles(step: DeviceStep): Trouble[] {
  const { call, number, set } = step;
  const ordered = (key: string, value: string): Partial<Trouble> =>
    call === 'Create' ? { script: `${key}=${value}` } : { statement: { [key]: value } };
  const codes = device;
  // Of devices that have had their last answer nothing more is needed but SQL Server's verdict.
  const effect = step.moment === 'before the verdict' ? 'either' : 'fatal';
  const troubles: Trouble[] = results.map(([name, code]) => ({
    name,
    effect,
    codes,
    ...ordered('code', `${call}:${number}:${code}`),
  }));
  troubles.push({
    name: 'abort',
    effect,
    codes,
    ...ordered('abort-at', `${call}:${number}`),
  });
  if (/^Get/.test(call))
    troubles.push({
      name: 'VD_E_TIMEOUT',
      effect: 'harmless',
      codes: [],
      ...ordered('code', `${call}:${number}:${timeout}`),
    });
  // The script of the environment counts over all sets alike: it can only order the first Create.
  return call === 'Create' && set > 1 ? [] : troubles;
}

// ---- statements

const badPage = {
  number: 3043,
  text: "BACKUP 'Sales' detected an error on page (1:77) in file 'x'.",
};
const killed = {
  number: 596,
  severity: 21,
  text: 'Cannot continue the execution because the session is in the kill state.',
};
const terminated = { number: 3041, text: 'BACKUP failed to complete the command.' };

const sqlErrors = [5, 6, 7];

export function statementTroubles({ moment, at, operation }: StatementStep): Trouble[] {
  const isBackup = /BACKUP/.test(operation);
  switch (moment) {
    case 'configuring':
      return [
        { name: 'error', effect: 'fatal', codes: sqlErrors, statement: { error: badPage } },
        {
          name: 'connection lost',
          effect: 'fatal',
          codes: connectionLost,
          statement: { 'vanish-at': 0 },
        },
        { name: 'slow', effect: 'harmless', codes: [], statement: { 'delay-begin': slowMs } },
        { name: 'hang', effect: 'hang', codes: stalled, statement: { 'delay-begin': hangMs } },
        {
          name: 'wrong direction',
          effect: 'fatal',
          codes: device,
          statement: { 'direction-bit': isBackup ? 'read' : 'write' },
        },
      ];
    case 'inside Flush':
      return [...holding('hold-flush'), cut('hold-flush')];
    case 'inside Complete':
      return [...holding('hold-complete'), cut('hold-complete')];
    case 'before the verdict':
      return verdictTroubles(operation);
    default:
      return streamTroubles(moment, at);
  }
}

function streamTroubles(moment: string, at: number): Trouble[] {
  const hang: Trouble = {
    name: 'hang',
    effect: 'hang',
    codes: stalled,
    statement: { 'silence-at': at },
  };
  const errors: Trouble[] = [
    { name: 'error', effect: 'fatal', codes: sqlErrors, statement: { 'error-at': at } },
    {
      name: 'session killed',
      effect: 'fatal',
      codes: [...sqlErrors, 4],
      statement: { 'error-at': at, error: killed },
    },
  ];
  // The stand-in hears of the bytes now and then: the last ones are past before it could cut the connection.
  if (moment === 'last') return [...errors, hang];
  return [
    ...errors,
    {
      name: 'connection lost',
      effect: 'fatal',
      codes: connectionLost,
      statement: { 'vanish-at': at },
    },
    {
      name: 'connection lost unnoticed',
      effect: 'fatal',
      codes: connectionLost,
      statement: { 'vanish-at': at, 'vanish-keeps-set': true },
    },
    hang,
  ];
}

function holding(key: 'hold-flush' | 'hold-complete'): Trouble[] {
  return [
    { name: 'slow', effect: 'harmless', codes: [], statement: { [key]: slowMs } },
    { name: 'hang', effect: 'hang', codes: stalled, statement: { [key]: hangMs } },
  ];
}

function cut(key: 'hold-flush' | 'hold-complete'): Trouble {
  const statement = { [key]: hangMs };
  return { name: 'connection lost', effect: 'fatal', codes: connectionLost, statement, cut: true };
}

function verdictTroubles(operation: string): Trouble[] {
  const isBackup = /BACKUP/.test(operation);
  // A list ends with its rows, no message says that it succeeded.
  const isList = /LIST/.test(operation);
  return [...waitingForVerdict, ...(isList ? [] : noVerdict), ...(isBackup ? backupVerdicts : [])];
}

const waitingForVerdict: readonly Trouble[] = [
  {
    name: 'connection lost',
    effect: 'fatal',
    codes: connectionLost,
    statement: { 'delay-3014': hangMs },
    cut: true,
  },
  { name: 'slow', effect: 'harmless', codes: [], statement: { 'delay-3014': slowMs } },
  { name: 'hang', effect: 'hang', codes: stalled, statement: { 'delay-3014': hangMs } },
];

const noVerdict: readonly Trouble[] = [
  { name: 'no verdict', effect: 'fatal', codes: sqlErrors, statement: { 'no-3014': true } },
  {
    name: 'error instead',
    effect: 'fatal',
    codes: sqlErrors,
    statement: { 'no-3014': true, messages: [terminated] },
  },
];

const backupVerdicts: readonly Trouble[] = [
  {
    name: 'verdict lost',
    effect: 'fatal',
    codes: connectionLost,
    statement: { 'lose-3014': 'reset' },
  },
  {
    name: 'verdict swallowed',
    effect: 'hang',
    codes: stalled,
    statement: { 'lose-3014': 'swallow' },
    unresponsive: true,
  },
  {
    name: 'success, then an error',
    effect: 'fatal',
    codes: sqlErrors,
    statement: { 'after-3014': [terminated] },
  },
  {
    name: 'late attention',
    effect: 'harmless',
    codes: [],
    statement: { 'delay-3014': slowMs, 'late-attention': true },
  },
];

// ---- batches and logins

export function batchTroubles(
  { text, isComfort, isDrop }: BatchStep,
  { verb }: Scenario,
): Trouble[] {
  const error = { number: 50001, text: 'Something is wrong.' };
  const effect = /^(BACKUP|RESTORE)/.test(text) ? 'fatal' : 'either';
  const codes = verb === 'drill' ? [4, 5, 6, 7, 10] : [4, 5, 6, 7];
  return [
    { name: 'error', effect, codes, batch: { error } },
    { name: 'connection lost', effect, codes, batch: { vanish: true } },
    { name: 'slow', effect: 'harmless', codes: [], batch: { delay: slowMs } },
    {
      name: 'hang',
      effect: isDrop || isComfort ? 'either' : 'hang',
      codes: verb === 'drill' ? [...stalled, 4, 10] : [...stalled, 4],
      batch: { mute: true },
      unresponsive: true,
    },
  ];
}

export function loginTroubles({ number, isDrop }: BatchStep, { verb }: Scenario): Trouble[] {
  const refused = { number: 18456, severity: 14, text: "Login failed for user 'sa'." };
  const codes = verb === 'drill' ? [4, 5, 10] : [4, 5];
  const effect = number === 1 ? 'fatal' : 'either';
  return [
    { name: 'refused', effect, codes, login: { 'login-error': refused } },
    { name: 'connection lost', effect, codes, login: { 'vanish-at-login': true } },
    { name: 'slow', effect: 'harmless', codes: [], login: { 'slow-login': slowMs } },
    {
      name: 'hang',
      // A drop is tried again, in another session.
      effect: isDrop ? 'either' : 'hang',
      codes: [...codes, ...stalled],
      login: { 'slow-login': hangMs },
      unresponsive: true,
    },
  ];
}
