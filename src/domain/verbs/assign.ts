import { text } from '../check-input.ts';
import type { WorkId } from '../ids.ts';
import { type ChangingVerb, defineVerb } from './define.ts';

type AssignInput = {
  id: WorkId;
  /** Who may claim it; `undefined` for anyone. */
  owner: string | undefined;
  reason?: string | undefined;
};

/** Names who may claim a pending item. */
export const assign: ChangingVerb<AssignInput> = defineVerb({
  from: ['pending'],
  to: 'same',
  by: 'anyone',
  reason: 'optional',
  input: { owner: text, reason: text },
  line: 'assigned',
  overwrites: ({ owner }) => ({ owner }),
  apply: (item, { owner }) => (item.owner === owner ? 'unchanged' : { ...item, owner }),
  read: ({ after }) => ({ owner: after.owner }),
  least: ({ owner }) => ({ owner }),
});
