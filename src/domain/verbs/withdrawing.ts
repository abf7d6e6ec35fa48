import type { Apply } from './apply.ts';

/** What was proposed goes, as if it had not been: the holder has it in history. */
export const withdraw: Apply<'withdraw'> = (item) => ({
  ...item,
  status: 'in_progress',
  result: undefined,
  review: undefined,
});
