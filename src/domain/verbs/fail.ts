import { text } from '../check-input.ts';
import type { Fence } from '../commands.ts';
import type { WorkId } from '../ids.ts';
import { type ChangingVerb, defineVerb } from './define.ts';
import { ASKED, FENCE } from './shared.ts';

type FailInput = { id: WorkId; error: string } & Fence;

/** Ends an item with what went wrong. */
export const fail: ChangingVerb<FailInput> = defineVerb<FailInput>({
  from: ['in_progress'],
  to: 'failed',
  by: 'owner',
  fenced: true,
  input: { error: text, ...FENCE },
  line: 'failed',
  apply: (item, { at, error }) => ({ ...item, status: 'failed', completed_at: at, error }),
  read: ({ after }) => ({ error: after.error ?? '' }),
  least: () => ({ error: ASKED }),
  content: ({ error }) => error,
});
