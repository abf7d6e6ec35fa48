import { type ReadCall, readPlainCall } from './plain-call.ts';
import { LOOKING } from './table/looking.ts';
import { NEXT } from './table/next.ts';
import type { World } from './world.ts';

/** Found without the whole table, which is large. */
const ASKED_OFTEN = [...LOOKING, NEXT];

/** Runs the program on what was typed after its name. @returns the exit status */
export async function run(argv: readonly string[], world: World): Promise<number> {
  const call = readPlainCall(argv, ASKED_OFTEN) ?? (await readAnyCall(argv, world));
  if (typeof call === 'number') return call;
  const { execute } = await import('./execute.ts');
  return execute(call.command, call, call.globals, world);
}

async function readAnyCall(argv: readonly string[], world: World): Promise<ReadCall | number> {
  const { COMMANDS } = await import('./table.ts');
  const plain = readPlainCall(argv, COMMANDS);
  if (plain !== undefined) return plain;
  const { readCall } = await import('./parser.ts');
  return readCall(argv, world);
}
