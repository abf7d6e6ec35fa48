import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { idIn, MAIN, makeWorkplace, wlProcess } from '../cli/workplace.ts';
import { isolatedEnv } from '../helpers/temp-repo.ts';
import { programOf } from './packages.ts';

const NOW = { env: { WL_NOW: '' } };

test('given the inspector’s command line, when it looks, then it finds tools, resources and the prompt, and calls a tool', async () => {
  const place = await makeWorkplace();
  onTestFinished(() => place.cleanup());
  const dir = await place.clone('ada');
  await wlProcess(dir, ['init'], NOW);
  const id = idIn(await wlProcess(dir, ['create', 'One'], NOW));
  const inspect = async (...words: string[]): Promise<Record<string, unknown>> => {
    const program = programOf('@modelcontextprotocol/inspector', 'mcp-inspector');
    const args = [program, '--cli', process.execPath, MAIN, 'mcp', '--method', ...words];
    const { WL_NOW, ...env } = isolatedEnv();
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: dir, env });
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  expect((await inspect('tools/list')).tools).toHaveLength(8);
  expect(await inspect('tools/call', '--tool-name', 'next')).toMatchObject({
    structuredContent: { kind: 'items', data: [{ id, title: 'One' }] },
  });
  expect(await inspect('resources/read', '--uri', `wl://item/${id}`)).toMatchObject({
    contents: [{ mimeType: 'text/plain', text: expect.stringContaining('One') }],
  });
  expect(JSON.stringify(await inspect('prompts/get', '--prompt-name', 'prime'))).toContain(id);
});
