// The one door to ffi-rs, which asks for a whole diagnostic report of the process just to learn which C library this
// is. Such a report waits for every other thread, and one may be stuck in a disk that does not answer; with sockets
// open it also looks their peers up in DNS. So ffi-rs gets its one answer from elsewhere. `require`, because an
// `import` would come before that, whatever the order of the lines.

import { closeSync, openSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The loader that a program asks for stands in its first page (ELF, PT_INTERP). */
const firstPageBytes = 4096;

function programUsesMusl(): boolean {
  const head = Buffer.alloc(firstPageBytes);
  const file = openSync(process.execPath, 'r');
  try {
    return head.subarray(0, readSync(file, head)).includes('/ld-musl-');
  } finally {
    closeSync(file);
  }
}

function loadFfi(): typeof import('ffi-rs') {
  const report: { getReport?: unknown } = process.report ?? {};
  const { getReport } = report;
  const header = () => (programUsesMusl() ? {} : { glibcVersionRuntime: 'of this program' });
  report.getReport = () => ({ header: header() });
  try {
    return createRequire(import.meta.url)('ffi-rs');
  } finally {
    report.getReport = getReport;
  }
}

const ffi = loadFfi();

export const { DataType, load, open } = ffi;
export type DataType = import('ffi-rs').DataType;
/** The answer of a function that has none, as the types of ffi-rs want it said. */
export type NoAnswer = import('ffi-rs').DataType.Void;
