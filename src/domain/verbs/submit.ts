import { map } from '../check-input.ts';
import type { Fence } from '../commands.ts';
import { requireNoOpenParts } from '../graph.ts';
import type { WorkId } from '../ids.ts';
import type { WorkItem } from '../item.ts';
import { type ChangingVerb, defineVerb } from './define.ts';
import { FENCE } from './shared.ts';

type SubmitInput = { id: WorkId; result: WorkItem['result'] } & Fence;

/** Proposes a result, for others to approve or reject. */
export const submit: ChangingVerb<SubmitInput> = defineVerb({
  from: ['in_progress'],
  to: 'in_review',
  by: 'owner',
  fenced: true,
  input: { result: map(), ...FENCE },
  line: 'submitted',
  apply(item, { actor, at, result }, view) {
    requireNoOpenParts(view, item);
    return { ...item, status: 'in_review', result, review: { requested_at: at, requested_by: actor } };
  },
  read: ({ after }) => ({ result: after.result }),
  content: ({ result }) => result,
});
