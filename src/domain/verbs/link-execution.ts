import { text } from '../check-input.ts';
import type { Fence } from '../commands.ts';
import type { WorkId } from '../ids.ts';
import { type ChangingVerb, defineVerb } from './define.ts';
import { ASKED, FENCE } from './shared.ts';

type LinkExecutionInput = { id: WorkId; link: string; clone?: string | undefined } & Fence;

/** Hands a claim on to another execution of its holder, in the same epoch. */
export const linkExecution: ChangingVerb<LinkExecutionInput> = defineVerb<LinkExecutionInput>({
  from: ['in_progress'],
  to: 'same',
  by: 'owner',
  fenced: true,
  input: { link: text, clone: text, ...FENCE },
  line: 'execution_linked',
  apply: (item, { link, clone }) =>
    item.execution_id === link || item.claim === undefined
      ? 'unchanged'
      : { ...item, execution_id: link, claim: { ...item.claim, execution_id: link, clone } },
  // The commit names the new execution; which one asked is not known.
  read: ({ after }) => ({
    link: after.execution_id ?? '',
    clone: after.claim?.clone,
    execution_id: undefined,
  }),
  least: () => ({ link: ASKED }),
});
