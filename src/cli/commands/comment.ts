import type { Run } from '../command.ts';
import { readText, required } from '../input.ts';
import { onItems } from '../transition.ts';

export const run: Run<Record<never, never>> = async ({ args: [id = '', ...words], cli }) => {
  const typed = words.join(' ');
  // Only `-` is special: a comment may well begin with an @ that names someone.
  const body = required(
    typed === '-' ? await readText(typed, cli.world) : typed,
    'A text',
    'wl comment ID TEXT',
  );
  return onItems(
    cli,
    'comment',
    [id],
    (ledger, of) => ledger.commentOn(of, body),
    (item) => `commented on ${item.id}`,
  );
};
