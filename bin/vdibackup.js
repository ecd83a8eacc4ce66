#!/usr/bin/env node
// A signal that comes while the program is being loaded waits until it can be answered in words (src/cli/signals.ts):
// without a listener it would end the process at once, without a word.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);

// Each of standard output, standard error, the log and a small file can hold one thread of libuv's pool in a file system
// that hangs. The four it has by default stay for the backup. Read when the pool is first used.
process.env.UV_THREADPOOL_SIZE ??= '8';

// Any user of the machine can read a command line. What holds a password is gone here, before the program is loaded;
// src/cli/main.ts puts the other words back.
if (process.platform !== 'win32' && process.argv.some((word) => /^-\w*P|password/i.test(word)))
  process.title = 'vdibackup';

require('../dist/bundle/main.cjs');
