/** What a worker process is told on its command line. */
export interface Job {
  dir: string;
  name: string;
  callers: number;
  /** How long callers work before anything is counted, in milliseconds: they are long-lived, and begin cold. */
  warmup: number;
  /** How long callers begin new transitions that count, in milliseconds. */
  window: number;
}

/** A transition whose caller was told that the remote has it. */
export interface Acknowledged {
  op: string;
  /** Milliseconds that the caller waited for it. */
  wait: number;
  /** Whether it came after the warm-up, and within the window. */
  counts: boolean;
  in_time: boolean;
}

/** What a worker process prints at its end. */
export interface Work {
  acknowledged: Acknowledged[];
  /** Calls that were told no: another one was first, or the time was up. */
  refused: Record<string, number>;
  /** How often git was started, by its command. */
  git: Record<string, number>;
  /** Processor time of it and of all it started, in milliseconds; `undefined` where the system does not tell. */
  cpu: number | undefined;
}
