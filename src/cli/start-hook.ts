import { hookCommand } from './commands/ledger/hook.ts';
import type { CommandEntry } from './commands.ts';
import { execute } from './execute.ts';
import { inProcess } from './in-process.ts';
import { readPlainCall } from './plain-call.ts';

const HOOK: CommandEntry = {
  name: 'hook',
  alias: undefined,
  group: 'The ledger',
  load: async () => hookCommand,
};

/** As `start`, for what git calls: a push waits for it, so nothing else is loaded. */
export async function start(): Promise<void> {
  const call = await readPlainCall(process.argv.slice(2), [HOOK]);
  if (call === undefined) return (await import('./start.ts')).start();
  return inProcess((_argv, world) => execute(call.command, call, call.globals, world));
}
