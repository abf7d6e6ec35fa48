import { text } from '../check-input.ts';
import type { Fence } from '../commands.ts';
import type { WorkId } from '../ids.ts';
import { type ChangingVerb, defineVerb } from './define.ts';
import { FENCE, withoutHolder } from './shared.ts';

type ReleaseInput = { id: WorkId; reason?: string | undefined } & Fence;

/** Gives an item back; anyone may claim it. */
export const release: ChangingVerb<ReleaseInput> = defineVerb({
  from: ['in_progress', 'blocked'],
  to: 'pending',
  by: 'owner',
  fenced: true,
  reason: 'optional',
  input: { reason: text, ...FENCE },
  line: 'released',
  apply: (item) => ({ ...withoutHolder(item), status: 'pending' }),
});
