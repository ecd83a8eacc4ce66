// What can go wrong with a call on a file: tables.

import type { Scenario } from './scenario.ts';
import type { FileStep } from './step.ts';
import { type Effect, hangMs, slowMs, stalled, type Trouble } from './trouble.ts';

const destination = [8];

/** What each call can answer; `short` where it moves bytes. */
const errors: Readonly<Record<string, readonly string[]>> = {
  open: ['EIO', 'EACCES', 'EMFILE', 'ENOSPC', 'EROFS'],
  read: ['EIO', 'ESTALE', 'short'],
  pread: ['EIO', 'ESTALE', 'short'],
  write: ['ENOSPC', 'EIO', 'EDQUOT', 'ESTALE', 'short'],
  pwrite: ['ENOSPC', 'EIO', 'EDQUOT', 'ESTALE', 'short'],
  writev: ['ENOSPC', 'EIO', 'EDQUOT', 'ESTALE', 'short'],
  fsync: ['EIO', 'ENOSPC', 'EDQUOT'],
  fdatasync: ['EIO', 'ENOSPC', 'EDQUOT'],
  close: ['EIO'],
  link: ['EIO', 'EPERM', 'EMLINK'],
  rename: ['EIO', 'EACCES', 'EXDEV', 'ENOSPC'],
  unlink: ['EIO', 'EACCES'],
  ftruncate: ['EIO', 'EFBIG'],
};

const win32Codes: Readonly<Record<string, number>> = { ENOSPC: 112, EDQUOT: 112, EIO: 1117 };

export function fileTroubles(step: FileStep, scenario: Scenario): Trouble[] {
  const order = (what: string) => `${step.call}:${what}:${step.number}:${step.path}`;
  const named = (errors[step.call] ?? ['EIO']).map((name): Trouble => {
    const win32 = win32Codes[name];
    const tells = win32 !== undefined && /^(inside|first|middle|last)/.test(step.moment);
    return {
      name,
      effect: fileEffect(step, name, scenario),
      codes: step.role === 'source' ? [8, 9] : destination,
      witness: order(name),
      ...(tells && scenario.connects && step.role === 'partial' && { win32 }),
    };
  });
  return [
    ...named,
    { name: 'slow', effect: 'harmless', codes: [], witness: order(`sleep${slowMs}`) },
    { name: 'hang', effect: hangEffect(step), codes: stalled, witness: order(`sleep${hangMs}`) },
  ];
}

/** Nobody needs what comes of closing a file whose bytes are durable, or of removing a second name. */
function hangEffect({ call, moment }: FileStep): Effect {
  return call === 'close' || (call === 'unlink' && moment === 'publishing') ? 'either' : 'hang';
}

function fileEffect({ call, role }: FileStep, name: string, { verb }: Scenario): Effect {
  if (name === 'short') return 'harmless';
  // A drill's side file: its loss is said and changes nothing of the drill.
  if (verb === 'drill' && role !== 'source') return 'either';
  if (call === 'unlink' || (call === 'link' && (name === 'EPERM' || name === 'EMLINK')))
    return 'either';
  if (call === 'close') return 'either';
  // Yesterday's file is looked at before the work, for what can be known then.
  if (call === 'open' && role === 'target') return 'either';
  // Some file systems do not let folders be opened: a warning says so.
  if (role === 'folder' && name === 'EACCES') return 'either';
  // A read ahead of what is wanted may fail unnoticed where nobody needs its bytes.
  return role === 'source' ? 'either' : 'fatal';
}
