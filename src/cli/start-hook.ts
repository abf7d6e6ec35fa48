import { execute } from './execute.ts';
import { inProcess } from './in-process.ts';
import { readPlainCall } from './plain-call.ts';
import { HOOK } from './table/hook.ts';

/** As `start`, for what git calls: a push waits for it, so nothing else is loaded. */
export async function start(): Promise<void> {
  const call = readPlainCall(process.argv.slice(2), [HOOK]);
  if (call === undefined) return (await import('./start.ts')).start();
  return inProcess((_argv, world) => execute(call.command, call, call.globals, world));
}
