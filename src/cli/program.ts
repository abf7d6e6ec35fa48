import { type ReadCall, readPlainCall } from './plain-call.ts';
import type { World } from './world.ts';

/** Runs the program on what was typed after its name. @returns the exit status */
export async function run(argv: readonly string[], world: World): Promise<number> {
  const call = readPlainCall(argv) ?? (await readAnyCall(argv, world));
  if (typeof call === 'number') return call;
  const { execute } = await import('./execute.ts');
  return execute(call.command, call, call.globals, world);
}

async function readAnyCall(argv: readonly string[], world: World): Promise<ReadCall | number> {
  const { readCall } = await import('./parser.ts');
  return readCall(argv, world);
}
