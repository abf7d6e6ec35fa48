import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openTerminal, ROOT, type Terminal } from '../helpers/typed.ts';
import { blocksOf, expectPrinted } from './console.ts';
import { readProject, section } from './markdown.ts';

export const part = (heading: string): string => section(readProject('docs/agents.md'), heading);

/** TypeScript of the page, as it runs beside the sources. */
export const runnable = (source: string): string =>
  source
    .replaceAll("'work-ledger/agents'", `'${ROOT}src/agents.ts'`)
    .replaceAll("'work-ledger'", `'${ROOT}src/index.ts'`);

/** A clone of a new ledger, with the programs of a part of the page in it. */
export async function beginPart(text: string): Promise<Terminal> {
  const terminal = await openTerminal();
  expect(await terminal.type('wl init')).toMatchObject({ status: 0 });
  const [script] = blocksOf(text, 'sh').filter((block) => block.startsWith('#!'));
  if (script !== undefined) {
    await writeFile(join(terminal.dir, 'agent.sh'), script);
    await chmod(join(terminal.dir, 'agent.sh'), 0o755);
  }
  const [agent, worker] = blocksOf(text, 'ts');
  if (agent !== undefined) await writeFile(join(terminal.dir, 'agent.ts'), runnable(agent));
  if (worker !== undefined) await writeFile(join(terminal.dir, 'worker.ts'), runnable(worker));
  await terminal.install('node', `exec '${process.execPath}' "$@"`);
  return terminal;
}

/** Begins a part of the page, and types what it says. */
export async function expectPart(text: string): Promise<Terminal> {
  const terminal = await beginPart(text);
  await expectPrinted(text, (script) => terminal.type(script));
  expect(await terminal.type('wl verify')).toMatchObject({ status: 0 });
  return terminal;
}
