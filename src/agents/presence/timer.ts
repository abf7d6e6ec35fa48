/** Time that passes, for leases. No clock that is set moves it back. */
export interface PresenceTimer {
  /** Milliseconds since some moment. */
  elapsed(): number;
  /** Runs `task` once, after `ms` or somewhat sooner. @returns what cancels it */
  after(ms: number, task: () => void): () => void;
}

/** What a timer of node can wait for. */
const LONGEST_MS = 2 ** 31 - 1;

/** This machine's time. What it sleeps through counts, as far as its clock tells. */
export function machineTimer(): PresenceTimer {
  const wall = Date.now() - performance.now();
  let slept = 0;
  return {
    elapsed() {
      const now = performance.now();
      slept = Math.max(slept, Date.now() - now - wall);
      return now + slept;
    },
    after(ms, task) {
      const timer = setTimeout(task, Math.min(Math.max(ms, 0), LONGEST_MS));
      // Whoever works keeps the process alive; a sign of life alone does not.
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}
