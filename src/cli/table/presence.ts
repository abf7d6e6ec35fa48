import { type Command, command, flag, type OptionTable } from '../command.ts';

export const presenceOptions = {
  prune: flag('--prune', 'take away the signs that this clone has seen unchanged for a day'),
} as const satisfies OptionTable;

export const PRESENCE: readonly Command[] = [
  command({
    name: 'presence',
    group: 'Looking',
    summary: 'list who is at work, on what, and for how long each was silent',
    details:
      'Asks the remote, unless --offline is given. Silence is what this clone itself saw: from the first look at a sign to the last one that found it the same.',
    options: presenceOptions,
    examples: ['wl presence', 'wl presence --prune'],
    load: () => import('../commands/presence.ts'),
  }),
];
