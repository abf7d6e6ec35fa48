import { EXIT } from './exit-codes.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const INTERRUPTED = EXIT.interrupted.status;

export interface StopSignals {
  /** Aborted by the first signal: end in good order. */
  first: AbortSignal;
  /** Aborted by the second: end now. A third ends the process. */
  second: AbortSignal;
  /** Signals do again what they did before. */
  close(): void;
}

/** Takes over the signals that ask this process to end. */
export function stopSignals(): StopSignals {
  const steps = [new AbortController(), new AbortController()] as const;
  let count = 0;
  const take = (): void => {
    steps[count]?.abort();
    count += 1;
    if (count > steps.length) process.exit(INTERRUPTED);
  };
  const before = SIGNALS.map((signal) => [signal, process.listeners(signal)] as const);
  for (const signal of SIGNALS) {
    process.removeAllListeners(signal);
    process.on(signal, take);
  }
  return {
    first: steps[0].signal,
    second: steps[1].signal,
    close() {
      for (const [signal, listeners] of before) {
        process.off(signal, take);
        for (const listener of listeners) process.on(signal, listener);
      }
    },
  };
}

/**
 * Runs what goes on until it is told to end: the first signal asks it to, another one ends the process.
 *
 * @returns what it came to, and whether it was asked to end
 */
export async function untilStopped<T>(
  task: (signal: AbortSignal) => Promise<T>,
): Promise<{ value: T; stopped: boolean }> {
  const signals = stopSignals();
  signals.second.addEventListener('abort', () => process.exit(INTERRUPTED));
  try {
    const value = await task(signals.first);
    return { value, stopped: signals.first.aborted };
  } finally {
    signals.close();
  }
}
