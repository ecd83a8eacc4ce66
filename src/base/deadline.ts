interface DeadlineOptions {
  /** False: the waiting alone does not keep the process alive. For what may be left behind by a run that is over. */
  readonly ref?: boolean;
}

/**
 * `work`, or undefined when it takes longer than `ms`. It is not ended by that, and what it comes to then is nobody's: a
 * late failure is no crash. The timer is gone once `work` settles, so that a wait that was not needed holds nothing up.
 */
export async function within<T>(
  work: Promise<T>,
  ms: number,
  { ref = true }: DeadlineOptions = {},
): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
    if (!ref) timer.unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
