import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CallOptions, makeWorkplace, type Said, type Workplace, wl } from './workplace.ts';

let place: Workplace;
let dir: string;
const call = (args: readonly string[], options?: CallOptions): Promise<Said> => wl(dir, args, options);

beforeAll(async () => {
  place = await makeWorkplace();
  dir = place.remote;
  await call(['init']);
  await call(['create', 'One']);
});
afterAll(() => place.cleanup());

it('wl index tells where the index is and how far it has come', async () => {
  await call(['ready']);
  const { stdout, stderr } = await call(['index']);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^index +\S+\/work-ledger\/index-v\d+\.sqlite\ntip +[0-9a-f]{40}\nitems +1\n/);
});

it('wl index --rebuild makes it anew, with words and history', async () => {
  const { status, stdout } = await call(['index', '--rebuild', '--json']);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    kind: 'index',
    data: { items: 1, unread: 0, transitions: 2, searchable: true, current: true },
  });
});

it('wl index refuses --rebuild together with --status', async () => {
  expect(await call(['index', '--rebuild', '--status'])).toMatchObject({ status: 2, stdout: '' });
});

it('a read without a place for the index answers, and says that it is slower', async () => {
  const said = await call(['index', '--json']);
  const { path } = (JSON.parse(said.stdout) as { data: { place: { path: string } } }).data.place;
  rmSync(path);
  mkdirSync(join(path));
  try {
    const { status, stdout, stderr } = await call(['ready']);
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining('One') });
    expect(stderr).toMatch(/^the index cannot be used \(.+\), so this was read from git, which is slower\n/);
  } finally {
    rmSync(path, { recursive: true });
  }
});
