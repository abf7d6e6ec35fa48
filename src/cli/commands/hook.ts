import { resolve } from 'node:path';
import { LedgerError } from '../../index.ts';
import type { Run } from '../command.ts';
import { safe } from '../render/line.ts';

const REFUSED = 1;

export const run: Run<Record<never, never>> = async ({ args: [name = '', ...args], cli }) => {
  const { HOOKS, runHook } = await import('../../hooks.ts');
  const hook = HOOKS.find((known) => known === name);
  if (hook === undefined) {
    throw new LedgerError('INVALID_INPUT', `There is no hook ${JSON.stringify(name)}.`, {
      hint: `One of ${HOOKS.join(', ')}.`,
    });
  }
  const { stdin, stderr } = cli.world;
  const readInput = async (): Promise<string> => (await import('node:stream/consumers')).text(stdin);
  const dir = resolve(cli.openOptions.dir ?? '.');
  const { ok, lines } = await runHook(hook, { dir, args, readInput });
  for (const line of lines) stderr.write(`${safe(line)}\n`);
  return { kind: 'hook', data: undefined, lines: [], status: ok ? 0 : REFUSED };
};
