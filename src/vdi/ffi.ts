// The one door to ffi-rs, which asks for a whole diagnostic report of the process, on every thread, just to learn
// which C library this is. With sockets open that report looks their peers up in DNS and can take seconds; without
// network it takes 3 ms. `require`, because an `import` would come before the switch, whatever the order of the lines.

import { createRequire } from 'node:module';

Object.assign(process.report ?? {}, { excludeNetwork: true });
const ffi = createRequire(import.meta.url)('ffi-rs') as typeof import('ffi-rs');

export const { DataType, load, open } = ffi;
export type DataType = import('ffi-rs').DataType;
/** The answer of a function that has none, as the types of ffi-rs want it said. */
export type NoAnswer = import('ffi-rs').DataType.Void;
