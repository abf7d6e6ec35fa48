import { resolve } from 'node:path';
import { refuse } from '../../../operations/typed.ts';
import type { Cli } from '../../cli.ts';
import { command, type Reply } from '../../command.ts';
import { safe } from '../../render/line.ts';

const REFUSED = 1;

/** What `wl hook` is called with. */
export const HOOK = {
  summary: 'do what a hook of git, or of an agent’s client, does; they call it',
  details:
    'Of git: pre-receive and update refuse a push that breaks a rule of the ledger, with the name of the rule and the commit. pre-push, commit-msg and post-merge say the same to people who commit by hand, before it leaves their clone.\n\nOf a client: the hook reads the client’s JSON on standard input. As a session begins, the agent is told where it stands (`wl prime`), and the session is its execution; before its conversation is shortened, and as it ends, what is known goes into a checkpoint; an agent that stops is asked once to say where it stands. It never fails its client, and says nothing where there is no ledger. `wl setup` puts these hooks in place.',
  args: [
    {
      name: '<hook>',
      help: 'of git: pre-receive, update, pre-push, commit-msg or post-merge; a client: claude, codex, gemini, copilot, cursor or opencode',
    },
    { name: '[args...]', help: 'what git gives the hook; of a client, the event' },
  ],
  examples: ['wl hook pre-receive', 'wl hook claude SessionStart'],
} as const;

export const hookCommand = command({ ...HOOK, run: ({ args, cli }) => runGitHook(args, cli) });

export async function runGitHook([name = '', ...args]: readonly string[], cli: Cli): Promise<Reply> {
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
}
