import { command } from '../command.ts';

/** Apart, since a push waits for it. */
export const HOOK = command({
  name: 'hook',
  group: 'The ledger',
  summary: 'do what one of git’s hooks does; git calls it',
  details:
    'pre-receive and update refuse a push that breaks a rule of the ledger, with the name of the rule and the commit. pre-push, commit-msg and post-merge say the same to people who commit by hand, before it leaves their clone.',
  args: [
    { name: '<hook>', help: 'pre-receive, update, pre-push, commit-msg or post-merge' },
    { name: '[args...]', help: 'what git gives the hook' },
  ],
  examples: ['wl hook pre-receive', 'wl hook update refs/heads/work-ledger OLD NEW'],
  load: () => import('../commands/hook.ts'),
});
