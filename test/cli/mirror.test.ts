import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLedger } from '../../src/index.ts';
import { NativeRemote } from '../../src/remote/native.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { isolateThisProcess, makeBareRepo, runGit } from '../helpers/temp-repo.ts';
import { idIn, makeWorkplace, type Workplace, wl } from './workplace.ts';

isolateThisProcess();

/** `place.remote` is read; `hub` is written. */
let place: Workplace;
let hub: string;
let ada: string;
let id: string;

const type = (dir: string, ...args: string[]) => wl(dir, args);
const url = (path: string): string => pathToFileURL(path).href;

beforeEach(async () => {
  place = await makeWorkplace();
  hub = await makeBareRepo(place.path, 'hub.git');
  ada = await place.clone('ada');
  await type(ada, 'init');
  id = idIn(await type(ada, 'create', 'One'));
  await runGit(hub, ['fetch', '--quiet', place.remote, 'work-ledger:work-ledger']);
  await runGit(ada, ['config', `url.${url(hub)}.pushInsteadOf`, place.remote]);
});
afterEach(() => place.cleanup());

test('given pushInsteadOf, and a server that mirrors what is pushed, when work is claimed, then it is told once it can be read', async () => {
  const mirror = `#!/bin/sh\ngit push --quiet --mirror '${place.remote}'\n`;
  await writeFile(join(hub, 'hooks', 'post-receive'), mirror, { mode: 0o755 });
  const said = await type(ada, 'claim', id);
  expect(said).toMatchObject({ status: 0, stderr: '' });
  expect(said.stdout).toContain('on origin');
  for (const repo of [hub, place.remote])
    expect(await runGit(repo, ['log', '-1', '--format=%s', 'work-ledger'])).toMatch(/^claim/);
});

test('given pushInsteadOf to a fork, when work is claimed, then it is told as unknown; once the two have parted, both are named', async () => {
  const ledger = await openLedger({ dir: ada, actor: 'ada', patience_s: 0.3 });
  const read = await runGit(place.remote, ['rev-parse', 'work-ledger']);
  expect(await refusalOf(ledger.claimWork(id))).toMatchObject({
    code: 'REMOTE_STALE',
    details: { unknown: true, read: place.remote, written: url(hub), saved: [], sent: [{ verb: 'claim' }] },
  });
  await ledger.close();
  expect(await runGit(place.remote, ['rev-parse', 'work-ledger'])).toBe(read);
  const bob = await place.clone('bob');
  expect(await type(bob, 'init')).toMatchObject({ status: 0 });
  expect(await type(bob, '--actor', 'bob', 'claim', id)).toMatchObject({ status: 0 });
  const said = await type(ada, 'create', 'Two');
  expect(said).toMatchObject({ status: 10 });
  expect(said.stderr).toContain(`read at ${place.remote} and written at ${url(hub)}`);
  expect((await type(bob, 'show', id)).stdout).toContain('bob');
});

test('given a fork, when work is claimed and that is not read in time, then it is told as sent, and nothing as done', async () => {
  // A clock that is fast enough for the time to be up.
  const call = (...args: string[]) => wl(ada, args, { env: { WL_NOW: `x60@${new Date().toISOString()}` } });
  const claimed = await call('claim', id);
  expect(claimed).toMatchObject({ status: 7, stdout: '' });
  expect(claimed.stderr).toContain(`\nsent, and not known to be accepted: claim ${id}\n`);
  expect(claimed.stderr).toContain(
    `${url(hub)}, where origin is written, took the push; ${place.remote}, where it is read, does not show it yet.`,
  );
  expect(claimed.stderr).not.toContain('in this clone only');
  const other = await call('create', 'Two', '--json');
  expect(other).toMatchObject({ status: 7, stdout: '' });
  expect(other.error).toMatchObject({
    code: 'REMOTE_STALE',
    details: { unknown: true, saved: [], withdrawn: [], sent: [{ verb: 'create', title: 'Two' }] },
  });
  // What it is settled as is told by the sync that reads it.
  await runGit(place.remote, ['fetch', '--quiet', hub, 'work-ledger:work-ledger']);
  expect(await call('sync')).toMatchObject({ status: 0 });
  expect((await call('show', id)).stdout).toContain('ada');
});

test('given addresses with a user and a password, when they are told, then without them', () => {
  const remote = new NativeRemote({
    gitDir: ada,
    store: undefined as never,
    name: 'origin',
    url: 'https://ada:secret@one.example/x',
    pushUrl: 'https://ada:secret@two.example/x',
    branch: 'work-ledger',
    seenRef: 'refs/work-ledger/seen/origin',
    inbox: false,
    presence: undefined,
  });
  expect([remote.url, remote.writesTo?.url]).toEqual(['https://one.example/x', 'https://two.example/x']);
});
