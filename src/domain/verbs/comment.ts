import { text } from '../check-input.ts';
import { LedgerError } from '../errors.ts';
import type { WorkId } from '../ids.ts';
import { WORK_STATUSES } from '../item.ts';
import { normalizeText } from '../text.ts';
import { type ChangingVerb, defineVerb } from './define.ts';
import { ASKED } from './shared.ts';

type CommentInput = {
  id: WorkId;
  body: string;
};

/** Says something about an item. */
export const comment: ChangingVerb<CommentInput> = defineVerb({
  from: WORK_STATUSES,
  to: 'same',
  by: 'anyone',
  input: { body: text },
  line: 'commented',
  apply(item, { actor, at, body }) {
    const text = normalizeText(body).trim();
    if (text === '') throw new LedgerError('INVALID_INPUT', 'A comment needs a text.');
    return { ...item, comments: [...item.comments, { at, by: actor, body: text }] };
  },
  read: ({ after }) => ({ body: after.comments.at(-1)?.body ?? '' }),
  least: () => ({ body: ASKED }),
  content: ({ body }) => body,
});
