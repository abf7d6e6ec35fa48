import type { WorkId } from './ids.ts';
import type { WorkStatus } from './item.ts';
import type { Verb } from './transitions.ts';

/** What the commit of a transition records in words; the blobs are the truth, this is a copy that is checked. */
export interface TransitionEvent {
  verb: Verb;
  id: WorkId;
  title: string;
  /** `undefined` where the item did not exist. */
  from: WorkStatus | undefined;
  /** `undefined` where the item is gone. */
  to: WorkStatus | undefined;
  rev: number;
  actor: string;
  op: string;
  at: string;
  epoch: number | undefined;
  execution_id: string | undefined;
  /** One line. */
  reason: string | undefined;
}
