import { resolveOne } from '../../../operations/ids.ts';
import { required } from '../../../operations/typed.ts';
import { command, FENCE, flag, ID, IDS, REASON, text } from '../../command.ts';
import { onItems } from '../../transition.ts';

export const blockCommand = command({
  summary: 'block an item, for a reason or on another item',
  args: [ID, { name: '[reason...]', help: 'what it waits for' }],
  options: {
    on: text('--on <id>', 'unblock by itself when this item completes'),
    force: flag('--force', 'also where someone else holds it'),
    ...FENCE,
  },
  examples: ['wl block 0001 "waiting for the vendor"', 'wl block 0001 "needs the schema" --on 0002'],
  run: async ({ args: [id = '', ...words], options, cli }) => {
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
  },
});

export const unblockCommand = command({
  summary: 'unblock items',
  args: [IDS],
  options: REASON,
  examples: ['wl unblock 0001', 'wl unblock 0001 --reason "the vendor answered"'],
  run: ({ args, options: { reason, if_rev }, cli }) =>
    onItems(
      cli,
      'unblock',
      args,
      (ledger, id) => ledger.unblockWork(id, { reason, if_rev }),
      ({ id, status }) => `unblocked ${id}: it is ${status}`,
    ),
});
