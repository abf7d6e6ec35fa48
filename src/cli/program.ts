import { INDEX } from './commands.ts';
import { readPlainCall } from './plain-call.ts';
import type { World } from './world.ts';

/** Runs the program on what was typed after its name. @returns the exit status */
export async function run(argv: readonly string[], world: World): Promise<number> {
  const call =
    (await readPlainCall(argv, INDEX)) ?? (await (await import('./parser.ts')).readCall(argv, world));
  if (typeof call === 'number') return call;
  const { execute } = await import('./execute.ts');
  return execute(call.command, call, call.globals, world);
}
