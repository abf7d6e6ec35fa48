import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { initLedger } from '../../src/index.ts';
import {
  isolatedEnv,
  isolateThisProcess,
  makeTempFolder,
  makeWorkRepo,
  type TempFolder,
} from '../helpers/temp-repo.ts';
import { ROOT } from '../helpers/typed.ts';
import { runnable } from './agents-page.ts';
import { blocksOf, settle } from './console.ts';
import { readProject } from './markdown.ts';

const run = promisify(execFile);
let folder: TempFolder;

beforeAll(async () => {
  isolateThisProcess();
  folder = await makeTempFolder();
});
afterAll(() => folder.cleanup());

/** Names that a block uses and does not make, as it goes on from what a program has. */
const GIVEN: Readonly<Record<string, string>> = {
  'docs/escalation.md': `import type { WorkLedger } from 'work-ledger';
    declare const ledger: WorkLedger, id: string, signal: AbortSignal;
    declare let last: string | undefined;`,
  'docs/presence.md': `import { listPresence, livenessOf, openPresence, type WorkLedger } from 'work-ledger';
    declare const ledger: WorkLedger, id: string, execution_id: string, epoch: number;
    declare const checkpoint: { step: string };
    declare const stop: (execution_id: string) => void;`,
};
const PAGES = ['README.md', 'docs/library.md', 'docs/agents.md', 'docs/escalation.md', 'docs/presence.md'];

test('given the TypeScript of all pages, when it is compiled, then it holds against the library', async () => {
  const dir = join(folder.path, 'compiled');
  await mkdir(dir);
  let blocks = 0;
  for (const page of PAGES) {
    const found = blocksOf(readProject(page), 'ts');
    expect([page, found.length]).not.toEqual([page, 0]);
    const place = join(dir, page.replaceAll(/\W/g, '-'));
    await mkdir(place);
    for (const [at, block] of found.entries()) {
      // The first block of docs/agents.md is the `agent.ts` that the others import.
      const name = page === 'docs/agents.md' && at === 0 ? 'agent' : `block-${at}`;
      await writeFile(join(place, `${name}.ts`), runnable(`${GIVEN[page] ?? ''}\n${block}\nexport {};\n`));
      blocks += 1;
    }
  }
  expect(blocks).toBeGreaterThan(PAGES.length);
  await writeFile(join(dir, 'package.json'), '{ "type": "module" }\n');
  const compilerOptions = {
    rewriteRelativeImportExtensions: false,
    typeRoots: [join(ROOT, 'node_modules/@types')],
    noUnusedLocals: false,
  };
  const config = { extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: ['*/*.ts'] };
  await writeFile(join(dir, 'tsconfig.json'), JSON.stringify(config));
  const { stdout } = await run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', dir]).catch((error: unknown) => ({
    stdout: String((error as { stdout?: unknown }).stdout),
  }));
  expect(stdout).toBe('');
}, 120_000);

test('given the example of docs/library.md, when it runs, then it prints what it says', async () => {
  const page = readProject('docs/library.md');
  const dir = await makeWorkRepo(folder.path, 'shop');
  const { ledger } = await initLedger({ dir, actor: 'ada' });
  await ledger.close();
  const file = join(dir, 'example.ts');
  await writeFile(file, runnable(blocksOf(page, 'ts')[0] ?? ''));
  const { stdout } = await run(process.execPath, [file], { cwd: dir, env: isolatedEnv() });
  expect(settle(stdout)).toBe(settle(blocksOf(page, 'text')[0] ?? ''));
});
