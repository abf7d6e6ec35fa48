import { map } from '../check-input.ts';
import type { Fence } from '../commands.ts';
import { requireNoOpenParts } from '../graph.ts';
import type { WorkId } from '../ids.ts';
import type { WorkItem } from '../item.ts';
import { requireMet, requireNoReview } from '../reviews.ts';
import { type ChangingVerb, defineVerb } from './define.ts';
import { FENCE } from './shared.ts';

type CompleteInput = { id: WorkId; result: WorkItem['result'] } & Fence;

/** Ends an item with a result, where no review is asked for. */
export const complete: ChangingVerb<CompleteInput> = defineVerb({
  from: ['in_progress'],
  to: 'completed',
  by: 'owner',
  fenced: true,
  input: { result: map(), ...FENCE },
  line: 'completed',
  apply(item, { at, result }, view) {
    requireNoReview(view.settings, item);
    requireNoOpenParts(view, item);
    requireMet(view.settings, item);
    return { ...item, status: 'completed', completed_at: at, result };
  },
  read: ({ after }) => ({ result: after.result }),
  content: ({ result }) => result,
});
