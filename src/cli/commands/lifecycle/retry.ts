import { readTime, refuse, required } from '../../../operations/typed.ts';
import { command, count, flag, IDS, REASON, text } from '../../command.ts';
import { onItems } from '../../transition.ts';

export const retryCommand = command({
  summary: 'put failed items back to pending',
  details:
    'Without --now, --after or --not-before the wait grows with the attempts: between half and all of attempts⁴ seconds, an hour at most. With --reset there is none.',
  args: [IDS],
  options: {
    now: flag('--now', 'ready at once'),
    after: count('--after <seconds>', 'not ready before that many seconds have passed'),
    not_before: text('--not-before <time>', 'not ready before this ISO time'),
    reset: flag('--reset', 'count its attempts anew'),
    ...REASON,
  },
  examples: ['wl retry 0001 --after 600', 'wl retry 0001 --reset --now'],
  run: async ({ args, options, cli }) => {
    const { now, after, not_before: typed, reset, reason, if_rev } = options;
    if ([now, after !== undefined, typed !== undefined].filter(Boolean).length > 1) {
      throw refuse('--now, --after and --not-before exclude each other.');
    }
    const later =
      after === undefined ? undefined : new Date(cli.clock.now().getTime() + after * 1000).toISOString();
    const not_before = now ? null : typed === undefined ? later : readTime(typed, '--not-before');
    return onItems(
      cli,
      'retry',
      args,
      (ledger, id) => ledger.work.retry(id, { not_before, reset, reason, if_rev }),
      ({ id, not_before: from }) =>
        `${id} is pending again${from === undefined ? '' : `, not before ${from}`}`,
    );
  },
});

export const reopenCommand = command({
  summary: 'put finished items back to pending; needs a reason',
  args: [IDS],
  options: REASON,
  examples: [
    'wl reopen 0001 --reason "the fix was reverted"',
    'wl reopen 0001 0002 --reason "not done after all"',
  ],
  run: async ({ args, options, cli }) => {
    const reason = required(options.reason, 'A reason', `wl reopen ${args[0]} --reason TEXT`);
    return onItems(
      cli,
      'reopen',
      args,
      (ledger, id) => ledger.work.reopen(id, { reason, if_rev: options.if_rev }),
      ({ id }) => `reopened ${id}`,
    );
  },
});
