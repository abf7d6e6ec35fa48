/** A call ends so long after its time limit at the latest, in milliseconds. */
export const SLACK_MS = 5_000;

/** What a worker process is to do. */
export interface Job {
  dir: string;
  actor: string;
  seed: number;
  /** How many calls it makes at once. */
  lanes: number;
  patience_s: number;
  /** The module of the library: its sources, or what was built of them. */
  library: string;
}

export interface Asked {
  op: string;
  verb: string;
}

/** What a worker process says, a line each. */
export type Word =
  | { kind: 'ready' }
  | { kind: 'asks'; call: number; asked: Asked[] }
  | {
      kind: 'told';
      call: number;
      ms: number;
      /** How much of that the process was due to run, and the machine did not let it. */
      starved_ms: number;
      /** Where it took longer than it may: what was done in it. */
      steps: string[];
      told: {
        op: string;
        kind: 'remote' | 'local' | 'unchanged' | 'lost' | 'refused';
        code?: string | undefined;
      }[];
    }
  | {
      kind: 'failed';
      call: number;
      ms: number;
      /** How much of that the process was due to run, and the machine did not let it. */
      starved_ms: number;
      /** Where it took longer than it may: what was done in it. */
      steps: string[];
      code: string;
      message: string;
      /** Ops that wait in the clone. */
      saved: string[];
      withdrawn: number;
      /** Whether what is not known to be shared may be. */
      unknown: boolean;
    }
  /** What no caller should ever see. */
  | { kind: 'defect'; message: string }
  | { kind: 'done' };
