import { isHooked } from '../../../clients/dialects.ts';
import { runClientHook } from '../../../clients/hook.ts';
import type { Cli } from '../../cli.ts';
import { command, type Reply } from '../../command.ts';
import { readWhole } from '../../input.ts';
import { safe } from '../../render/line.ts';
import { HOOK } from './hook.ts';

// Apart from the hooks of git: a push waits for those, so nothing of this is loaded for them.

/** Of what a client writes: a tool's answer may be in it. */
const MOST_BYTES = 16 * 1024 * 1024;

export const hookCommand = command({
  ...HOOK,
  run: async ({ args, cli }) => {
    const [name = '', event = ''] = args;
    if (!isHooked(name)) return (await import('./hook.ts')).runGitHook(args, cli);
    const { answer, trouble } = await runClientHook({
      client: name,
      event,
      env: cli.world.env,
      options: cli.openOptions,
      now: () => cli.clock.now(),
      readInput: () => readInput(cli),
    });
    if (trouble !== undefined) cli.world.stderr.write(`${safe(trouble)}\n`);
    // As the client reads it, and nothing else beside it.
    if (answer !== undefined) cli.world.stdout.write(`${JSON.stringify(answer)}\n`);
    cli.notices.length = 0;
    return NOTHING;
  },
});

const NOTHING: Reply = { kind: 'hook', data: undefined, lines: [] };

async function readInput({ world }: Cli): Promise<string> {
  // Of this process itself: its stream costs as much as a question.
  if (world.env === process.env) return readWhole(0, MOST_BYTES);
  const { stdin } = world;
  return stdin.isTTY ? '' : (await import('node:stream/consumers')).text(stdin);
}
