import { type Command, command, type OptionTable, text } from '../command.ts';
import { PAST } from './options.ts';

const group = 'The ledger';

export const explainOptions = {
  for: text('--for <actor>', 'who is meant (default: whoever asks)'),
  ...PAST,
} as const satisfies OptionTable;

export const POLICY: readonly Command[] = [
  command({
    name: 'config apply',
    group,
    summary: 'change settings, the policy among them, to what a file says',
    details:
      'The file is YAML with keys as `ledger.yaml` has them; what it does not name stays, and a key without a value takes a setting away. Roles and limits change by name, lists of rules as a whole.',
    args: [{ name: '<file>', help: 'the file, or - for standard input' }],
    examples: ['wl config apply policy.yaml', 'wl config apply policy.yaml --json'],
    load: () => import('../commands/config-apply.ts'),
  }),
  command({
    name: 'config explain',
    group,
    summary: 'tell the policy in words, or who may do something and by which rule',
    args: [
      { name: '[verb]', help: 'as in `wl log`: claim, complete, approve, configure, …' },
      { name: '[id]', help: 'the item that it is about' },
    ],
    options: explainOptions,
    examples: ['wl config explain', 'wl config explain approve WRK-20260103-0001 --for team/ada'],
    load: () => import('../commands/config-explain.ts'),
  }),
];
