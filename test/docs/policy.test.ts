import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { openTerminal } from '../helpers/typed.ts';
import { blocksOf, expectPrinted } from './console.ts';
import { readProject } from './markdown.ts';

// Each types a dozen commands, and each of these is a process that pushes.
vi.setConfig({ testTimeout: 120_000 });

const page = readProject('docs/policy.md');
const [policy = ''] = blocksOf(page, 'yaml');

test('given docs/policy.md, when its policy is applied and its commands are typed, then they print what it says', async () => {
  const terminal = await openTerminal();
  expect(await terminal.type('wl init')).toMatchObject({ status: 0 });
  await writeFile(join(terminal.dir, 'policy.yaml'), policy);
  await expectPrinted(page, (script) => terminal.type(script));
  expect(await terminal.type('wl verify')).toMatchObject({ status: 0 });
});
