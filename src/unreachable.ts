import { internalError } from './errors.js';

/** Closes a switch over a closed union: a new member breaks the build here. */
export function unreachable(value: never): never {
  throw internalError('a member of a closed union', JSON.stringify(value));
}
