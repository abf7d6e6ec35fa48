import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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

it('given an older Node and no other, it says what it needs and exits with 2', async () => {
  const alone = join(await mkdtemp(join(tmpdir(), 'work-ledger-old-node-')), 'main.ts');
  await copyFile(new URL('../../src/cli/main.ts', import.meta.url), alone);
  const child = spawn(process.execPath, [...OLD_NODE, alone, 'version'], { stdio: 'pipe' });
  const [[status], stdout, stderr] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  await rm(dirname(alone), { recursive: true });
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/wl: this needs Node 24 or newer; .*\nhint: /);
});
