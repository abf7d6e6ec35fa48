import { resolve } from 'node:path';
import { refuse } from '../../../operations/typed.ts';
import { command } from '../../command.ts';
import { safe } from '../../render/line.ts';

const REFUSED = 1;

export const hookCommand = command({
  summary: 'do what one of git’s hooks does; git calls it',
  details:
    'pre-receive and update refuse a push that breaks a rule of the ledger, with the name of the rule and the commit. pre-push, commit-msg and post-merge say the same to people who commit by hand, before it leaves their clone.',
  args: [
    { name: '<hook>', help: 'pre-receive, update, pre-push, commit-msg or post-merge' },
    { name: '[args...]', help: 'what git gives the hook' },
  ],
  examples: ['wl hook pre-receive', 'wl hook update refs/heads/work-ledger OLD NEW'],
  run: async ({ args: [name = '', ...args], cli }) => {
    const { HOOKS, runHook } = await import('../../../hooks.ts');
    const hook = HOOKS.find((known) => known === name);
    if (hook === undefined) {
      throw refuse(`There is no hook ${JSON.stringify(name)}.`, `One of ${HOOKS.join(', ')}.`);
    }
    const { stdin, stderr } = cli.world;
    const readInput = async (): Promise<string> => (await import('node:stream/consumers')).text(stdin);
    const dir = resolve(cli.openOptions.dir ?? '.');
    const { ok, lines } = await runHook(hook, { dir, args, readInput });
    for (const line of lines) stderr.write(`${safe(line)}\n`);
    return { kind: 'hook', data: undefined, lines: [], status: ok ? 0 : REFUSED };
  },
});
