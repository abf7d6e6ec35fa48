import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { beginPart, expectPart, part, runnable } from './agents-page.ts';
import { blocksOf } from './console.ts';
import { readProject } from './markdown.ts';

// Each types a dozen commands, and each of these is a process that pushes.
vi.setConfig({ testTimeout: 120_000 });

test.each(['### Shell', '## Crash and resume'])(
  'given the part "%s" of docs/agents.md, when its commands are typed, then they print what it says',
  async (heading) => {
    await expectPart(part(heading));
  },
);

test('given the TypeScript of docs/agents.md, when it runs, then it prints what it says, and is the example', async () => {
  const text = part('### TypeScript');
  const [agent = '', , pool = ''] = blocksOf(text, 'ts');
  const example = readProject('examples/worker-typescript/agent.ts');
  expect(agent).toBe(example.replace('../../src/agents.ts', 'work-ledger/agents'));
  const terminal = await expectPart(text);
  await writeFile(join(terminal.dir, 'pool.ts'), runnable(pool));
  const { stdout, stderr } = await terminal.type('node pool.ts');
  expect(stderr).toBe('');
  expect(stdout.trim().split('\n')).toEqual(['started', 'checkpoint', 'result', 'completed']);
});

test('given the lines for Claude Code and Codex, when they are typed, then each program gets the prompt', async () => {
  const text = part('### Claude Code and Codex');
  const terminal = await beginPart(text);
  const lines = (blocksOf(text, 'sh')[0] ?? '').trim().split('\n');
  expect(lines).toHaveLength(2);
  for (const [at, program] of ['claude', 'codex'].entries()) {
    await terminal.install(program, `echo "$*" > ${program}.called; cat > ${program}.prompt`);
    await terminal.type(`wl create "For ${program}"`);
    expect(await terminal.type(lines[at] ?? '')).toMatchObject({ status: 0 });
    const prompt = await readFile(join(terminal.dir, `${program}.prompt`), 'utf8');
    expect(prompt).toContain(`Title: For ${program}`);
  }
  expect(await readFile(join(terminal.dir, 'claude.called'), 'utf8')).toBe('-p\n');
  expect(await readFile(join(terminal.dir, 'codex.called'), 'utf8')).toBe('exec -\n');
});
