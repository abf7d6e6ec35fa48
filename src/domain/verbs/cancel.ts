import { text } from '../check-input.ts';
import type { Fence } from '../commands.ts';
import { isHeld } from '../holding.ts';
import type { WorkId } from '../ids.ts';
import { type ChangingVerb, defineVerb } from './define.ts';
import { FENCE, OPEN } from './shared.ts';

type CancelInput = { id: WorkId; reason?: string | undefined } & Fence;

/** Ends an item that is not to be done. */
export const cancel: ChangingVerb<CancelInput> = defineVerb({
  from: OPEN,
  to: 'cancelled',
  by: 'creator_or_owner',
  waivable: true,
  reason: 'optional',
  input: { reason: text, ...FENCE },
  line: 'cancelled',
  /** Who holds it, or that nobody does: what someone took up since is not ended without a word. */
  sees: (item) => {
    const held = isHeld(item) ? item : undefined;
    return { owner: held?.owner, 'claim.claimed_at': held?.claim?.claimed_at };
  },
  apply: (item, { at }) => ({ ...item, status: 'cancelled', completed_at: at, block: undefined }),
});
