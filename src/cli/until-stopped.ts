const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs what goes on until it is told to end: the first SIGINT or SIGTERM asks it to, another one ends the process.
 *
 * @returns what it came to, and whether it was asked to end
 */
export async function untilStopped<T>(
  task: (signal: AbortSignal) => Promise<T>,
): Promise<{ value: T; stopped: boolean }> {
  const stop = new AbortController();
  const before = SIGNALS.map((name) => ({ name, listeners: process.listeners(name) }));
  const ask = (): void => {
    // From here on the signals do what they do to any process.
    for (const name of SIGNALS) process.off(name, ask);
    stop.abort();
  };
  for (const { name, listeners } of before) {
    for (const listener of listeners) process.off(name, listener);
    process.on(name, ask);
  }
  try {
    const value = await task(stop.signal);
    return { value, stopped: stop.signal.aborted };
  } finally {
    for (const { name, listeners } of before) {
      process.off(name, ask);
      for (const listener of listeners) process.on(name, listener);
    }
  }
}
