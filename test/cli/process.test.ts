import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeWorkplace, start, type Workplace, wl } from './workplace.ts';

let place: Workplace;

/** Runs `code` before the program, in its process. */
const preload = (code: string): string[] => ['--import', `data:text/javascript,${encodeURIComponent(code)}`];

beforeAll(async () => {
  place = await makeWorkplace();
  await wl(place.remote, ['init']);
  await wl(place.remote, ['create', 'One']);
});
afterAll(() => place.cleanup());

it('given a reader that has seen enough, it leaves quietly with 0', async () => {
  const child = start(place.remote, ['show', '0001']);
  child.stdout.destroy();
  const [[status], stderr] = await Promise.all([once(child, 'close'), text(child.stderr)]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

it('given an interrupt, it exits with 130', async () => {
  const tellWhenItListens = `process.on('newListener', (name) => {
    if (name === 'SIGINT') setImmediate(() => process.stderr.write('listening'));
  });`;
  const child = start(place.remote, ['comment', '0001', '-'], preload(tellWhenItListens));
  await once(child.stderr, 'data');
  child.kill('SIGINT');
  expect(await once(child, 'close')).toEqual([130, null]);
});

const OLD_NODE = preload(
  `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } });`,
);

it('given an older Node in a checkout, it runs on the one that was installed beside it', async () => {
  const child = start(place.remote, ['version'], OLD_NODE);
  const [[status], stdout] = await Promise.all([once(child, 'close'), text(child.stdout)]);
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^wl \d/) });
});

it('given an older Node and no other, it says what it needs in one sentence and exits with 2', async () => {
  const src = await mkdtemp(join(tmpdir(), 'work-ledger-old-node-'));
  await mkdir(join(src, 'cli'));
  for (const file of ['node.ts', 'cli/main.ts', 'cli/relaunch.ts'])
    await copyFile(new URL(`../../src/${file}`, import.meta.url), join(src, file));
  const child = spawn(process.execPath, [...OLD_NODE, join(src, 'cli/main.ts'), 'version'], {
    stdio: 'pipe',
  });
  const [[status], stdout, stderr] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  await rm(src, { recursive: true });
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(
    /^wl: work-ledger runs on Node 22\.16 and newer, [^\n]* install Node 24 from [^\n]*\.\n$/,
  );
});
