import { internalError } from './errors.ts';

/** Closes a switch over a closed union: a new member breaks the build here. */
export function unreachable(value: never): never {
  throw internalError('a member of a closed union', JSON.stringify(value));
}
