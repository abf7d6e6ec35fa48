import type { Run } from '../command.ts';
import { resolveIds } from '../ids.ts';
import { onItems } from '../transition.ts';

export const run: Run<Record<never, never>> = async ({ args: [id = '', ...typed], cli }) => {
  const ledger = await cli.open();
  const add = await resolveIds(ledger, typed);
  return onItems(
    cli,
    'update',
    [id],
    (_, of) => ledger.updateWork(of, { dependencies: { add } }),
    (item) => `${item.id} waits for ${add.join(', ')}`,
  );
};
