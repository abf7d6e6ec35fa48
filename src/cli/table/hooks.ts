import { type Command, command, flag, type OptionTable, text } from '../command.ts';
import { HOOK } from './hook.ts';

const group = 'The ledger';

export const hooksOptions = {
  client: flag('--client', 'the hooks of this clone: commit-msg, pre-push, post-merge (the default)'),
  server: text('--server <dir>', 'the hook of the repository that is pushed to: pre-receive'),
  check: flag('--check', 'only tell what is there, and whether it is current'),
  remove: flag('--remove', 'take them away, and put back what was there before'),
} as const satisfies OptionTable;

export const HOOKS: readonly Command[] = [
  HOOK,
  command({
    name: 'hooks install',
    group,
    summary: 'put the hooks in place that keep what breaks a rule off the ledger',
    details:
      'Hooks that are there stay, under another name, and run after them. On a server git also checks each object that comes in (receive.fsckObjects), modes included (receive.fsck.badFilemode). Run it again after an update of the program.',
    options: hooksOptions,
    examples: ['wl hooks install', 'wl hooks install --server /srv/git/project.git --check'],
    load: () => import('../commands/hooks-install.ts'),
  }),
];
