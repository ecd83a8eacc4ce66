// Everything that can go wrong with one step of a scenario.

import { fileTroubles } from './file-trouble.ts';
import type { Scenario } from './scenario.ts';
import {
  batchTroubles,
  deviceTroubles,
  loginTroubles,
  statementTroubles,
} from './server-trouble.ts';
import type { Step } from './step.ts';
import type { Trouble } from './trouble.ts';

export function troublesOf(step: Step, scenario: Scenario): readonly Trouble[] {
  const all = allTroubles(step, scenario);
  if (scenario.density !== 'light') return all;
  // The first one of each effect: they are listed by weight.
  return all.filter(({ effect }, index) => all.findIndex((one) => one.effect === effect) === index);
}

function allTroubles(step: Step, scenario: Scenario): readonly Trouble[] {
  switch (step.kind) {
    case 'file':
      return fileTroubles(step, scenario);
    case 'device':
      return deviceTroubles(step);
    case 'statement':
      return statementTroubles(step);
    case 'batch':
      return batchTroubles(step, scenario);
    case 'login':
      return loginTroubles(step, scenario);
  }
}
