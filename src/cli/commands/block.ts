import type { Run } from '../command.ts';
import { resolveOne } from '../ids.ts';
import { required } from '../input.ts';
import type { blockOptions } from '../table/doing.ts';
import { onItems } from '../transition.ts';

export const run: Run<typeof blockOptions> = async ({ args: [id = '', ...words], options, cli }) => {
  const { on, force } = options;
  const ledger = await cli.open();
  const blocker_id = on === undefined ? undefined : await resolveOne(ledger, on, 'blocker');
  const said = words.length === 0 && blocker_id !== undefined ? `waits for ${blocker_id}` : words.join(' ');
  const reason = required(said, 'A reason', 'wl block ID REASON, or: wl block ID --on BLOCKER');
  return onItems(
    cli,
    'block',
    [id],
    (_, of) => ledger.blockWork(of, { reason, blocker_id, force, ...cli.fence(options) }),
    (item) => `blocked ${item.id}${blocker_id === undefined ? '' : ` on ${blocker_id}`}`,
  );
};
