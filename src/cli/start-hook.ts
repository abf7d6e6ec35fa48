import { execute } from './cli.ts';
import type { CommandEntry } from './command.ts';
import { hookCommand } from './commands/ledger/hook.ts';
import { readWords } from './grammar.ts';
import { inProcess } from './process.ts';

const HOOK: CommandEntry = {
  name: 'hook',
  alias: undefined,
  group: 'The ledger',
  load: async () => hookCommand,
};

/** As the program's `start`, for what git calls: a push waits for it, so nothing else is loaded. */
export async function start(): Promise<void> {
  const reading = await readWords(process.argv.slice(2), [HOOK]);
  if (reading.kind !== 'call') return (await import('./program.ts')).start();
  return inProcess((_argv, world) => execute(reading, world));
}
