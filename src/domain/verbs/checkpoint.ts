import { map } from '../check-input.ts';
import type { Fence } from '../commands.ts';
import type { WorkId } from '../ids.ts';
import type { Checkpoint } from '../item.ts';
import { withoutUndefined } from '../item-schema.ts';
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
    checkpoint: asWritten({ ...said, at, attempt: item.attempts }),
  }),
  read({ after }) {
    const { at: _at, attempt: _attempt, ...said } = after.checkpoint ?? { at: '', attempt: 0 };
    return { checkpoint: said };
  },
  least: () => ({ checkpoint: {} }),
  content: ({ checkpoint: said }) => said,
});

/** In the order of its file, which the quick check of an item takes as it is. */
function asWritten({ at, attempt, step, summary, next_action, work_ref, ...said }: Checkpoint): Checkpoint {
  const { artifacts, effects, data, ...others } = said;
  const all = { at, attempt, step, summary, next_action, work_ref, artifacts, effects, data, ...others };
  return withoutUndefined(all) as unknown as Checkpoint;
}
