import { map } from '../check-input.ts';
import type { Fence } from '../commands.ts';
import type { WorkId } from '../ids.ts';
import type { Checkpoint } from '../item.ts';
import { type ChangingVerb, defineVerb } from './define.ts';
import { FENCE } from './shared.ts';

export type CheckpointInput = Omit<Checkpoint, 'at' | 'attempt'>;
type CheckpointAsked = { id: WorkId; checkpoint: CheckpointInput } & Fence;

/** Notes where to resume, in place of the last such note. */
export const checkpoint: ChangingVerb<CheckpointAsked> = defineVerb<CheckpointAsked>({
  from: ['in_progress', 'blocked'],
  to: 'same',
  by: 'owner',
  fenced: true,
  input: { checkpoint: map(), ...FENCE },
  line: 'checkpointed',
  apply: (item, { at, checkpoint: said }) => ({
    ...item,
    checkpoint: { ...said, at, attempt: item.attempts },
  }),
  read({ after }) {
    const { at: _at, attempt: _attempt, ...said } = after.checkpoint ?? { at: '', attempt: 0 };
    return { checkpoint: said };
  },
  least: () => ({ checkpoint: {} }),
  content: ({ checkpoint: said }) => said,
});
