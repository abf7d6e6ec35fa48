import type { Run } from '../command.ts';
import { readText, required } from '../input.ts';
import type { failOptions } from '../table/doing.ts';
import { onItems } from '../transition.ts';

export const run: Run<typeof failOptions> = async ({ args, options, cli }) => {
  const ids = options.error === undefined ? args.slice(0, 1) : args;
  const typed = options.error ?? args.slice(1).join(' ');
  const text = options.error === undefined ? typed : await readText(typed, cli.world);
  const error = required(text, 'What went wrong', 'wl fail ID "what went wrong"');
  return onItems(
    cli,
    'fail',
    ids,
    (ledger, id) => ledger.failWork(id, { error, retry: options.retry, ...cli.fence(options) }),
    ({ id, status, not_before }) => {
      if (status === 'pending') return `failed ${id}, which is pending again, not before ${not_before}`;
      return options.retry ? `failed ${id}, which has no attempt left` : `failed ${id}`;
    },
  );
};
