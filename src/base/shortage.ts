// What the system has run out of, or taken away, told by the error of whatever met it first: Node.js throws these from the
// middle of anywhere, and none is a defect of the program.

import { Failure } from './errors.ts';
import type { FailureCode } from './failure-codes.ts';

interface Shortage {
  readonly code: FailureCode<'environment'>;
  readonly message: string;
  readonly hint: string;
  isMeantBy(error: NodeJS.ErrnoException): boolean;
}

const shortages: readonly Shortage[] = [
  {
    code: 'no-threads',
    message: 'the system starts no more threads for this account',
    hint: 'Use fewer --threads, or raise the limit: ulimit -u, TasksMax= of the systemd unit, --pids-limit of the container.',
    isMeantBy: ({ code }) => code === 'ERR_WORKER_INIT_FAILED',
  },
  {
    code: 'no-memory',
    message: 'there is not enough memory',
    hint: 'Use fewer --threads, free memory, or raise the limit: ulimit -v, MemoryMax= of the systemd unit, --memory of the container.',
    isMeantBy: ({ code = '', message }) =>
      ['ENOMEM', 'ERR_WORKER_OUT_OF_MEMORY', 'ERR_MEMORY_ALLOCATION_FAILED'].includes(code) ||
      /^Array buffer allocation failed|could not allocate memory/i.test(message),
  },
  {
    code: 'no-descriptors',
    message: 'too many files are open',
    hint: 'Raise the limit: ulimit -n, LimitNOFILE= of the systemd unit.',
    isMeantBy: ({ code = '' }) => code === 'EMFILE' || code === 'ENFILE',
  },
  {
    code: 'no-working-folder',
    message: 'the current folder does not exist any more',
    hint: 'cd into one that exists, and run again.',
    isMeantBy: ({ code, syscall }) => code === 'ENOENT' && syscall === 'uv_cwd',
  },
];

/** The failure (`environment`) that `thrown`, or what is beneath it, stands for. */
export function shortageOf(thrown: unknown): Failure | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const found = error;
    const shortage = shortages.find((one) => one.isMeantBy(found));
    if (shortage) return failure(shortage, thrown);
  }
  return undefined;
}

function failure({ code, message, hint }: Shortage, cause: unknown): Failure {
  return new Failure(code, message, { hints: [hint], cause });
}
