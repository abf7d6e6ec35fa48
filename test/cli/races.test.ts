import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runGit } from '../helpers/temp-repo.ts';
import { type CallOptions, idIn, makeWorkplace, type Said, type Workplace, wl } from './workplace.ts';

// Two clones of one remote: ada works in one, bob in the other.
let place: Workplace;
let a: string;
let b: string;
const ada = (args: readonly string[], options?: CallOptions): Promise<Said> => wl(a, args, options);
const bob = (args: readonly string[], options?: CallOptions): Promise<Said> =>
  wl(b, args, { ...options, env: { ...options?.env, WL_ACTOR: 'bob' } });
const create = async (title: string): Promise<string> => idIn(await ada(['create', title]));

beforeAll(async () => {
  place = await makeWorkplace();
  a = await place.clone('a');
  b = await place.clone('b');
  await ada(['init']);
});
afterAll(() => place.cleanup());

it('given an item that ada holds, when bob claims it, then he exits with 5 and learns of her', async () => {
  const id = await create('Wanted');
  expect((await wl(a, ['claim', id])).status).toBe(0);
  const lost = await wl(b, ['claim', id, '--actor', 'bob']);
  expect(lost).toMatchObject({ status: 5, stdout: '' });
  expect(lost.stderr).toMatch(new RegExp(`^wl: ${id} is already claimed: ada holds it since .*\nhint: `));
  const json = await bob(['claim', id, '--json']);
  expect(json.error).toMatchObject({ code: 'ALREADY_CLAIMED', details: { id, owner: 'ada', epoch: 1 } });
});

it('given several ids, when some cannot be had, then the others are, and the first failure decides the status', async () => {
  const [mine, free] = [await create('Taken'), await create('Free')];
  await ada(['claim', mine]);
  const said = await bob(['claim', mine, free, 'WRK-20200101-0001']);
  expect(said.status).toBe(3);
  expect(said.stdout).toBe(`claimed ${free} as bob (epoch 1), on origin\n`);
  expect(said.stderr).toMatch(/There is no item WRK-20200101-0001[\s\S]*ada holds it/);
  expect((await bob(['release', mine])).status).toBe(4);
});

it('given a clone that has not seen what others took, wl next --claim takes the first that is free', async () => {
  const [first, second] = [await create('First'), await create('Second')];
  await bob(['sync']);
  await ada(['claim', first]);
  const said = await bob(['next', '--claim', '--json']);
  expect(said.envelope).toMatchObject({ kind: 'item', where: 'remote', data: { id: second, owner: 'bob' } });
});

describe('given --offline', () => {
  it('a write is in this clone only and says so, and the next sync shares it', async () => {
    const made = await wl(a, ['--offline', 'create', 'Offline']);
    expect(made).toMatchObject({ status: 0, stderr: '' });
    expect(made.stdout).toMatch(
      /^created WRK-20260103-[0-9a-z]{8}, in this clone only; share it with: wl sync\n$/,
    );
    const id = idIn(made);
    expect((await ada(['comment', id, 'x', '--offline', '--json'])).envelope).toMatchObject({
      where: 'local',
    });
    expect((await ada(['status'])).stdout).toContain(
      `waiting  2 to share with wl sync: create ${id}, comment ${id}\n`,
    );
    expect((await bob(['show', id, '--fetch'])).status).toBe(3);
    expect((await ada(['sync'])).stdout).toBe('in step with origin, shared 2 transitions\n');
    expect((await bob(['show', id, '--fetch'])).status).toBe(0);
    await ada(['cancel', id]);
  });

  it('a claim is refused with 7, unless it is asked for as tentative; the sync tells who lost', async () => {
    const id = await create('Tentative');
    await bob(['sync']);
    const refused = await bob(['claim', id, '--offline']);
    expect(refused).toMatchObject({ status: 7, stdout: '' });
    expect(refused.stderr).toContain(
      `hint: Leave out --offline. Or ask for a tentative claim: wl claim ${id} --tentative`,
    );
    expect((await bob(['claim', id, '--offline', '--tentative'])).stdout).toContain('in this clone only');
    await ada(['claim', id]);

    const synced = await wl(b, ['sync', '--actor', 'bob']);
    expect(synced.status).toBe(5);
    expect(synced.stdout).toMatch(/^in step with origin/);
    expect(synced.stderr).toMatch(
      /ada holds it.*\nkept: wl rejected\nhint: `wl ready` lists what is free\.\n/,
    );

    const listed = await bob(['rejected', '--json']);
    expect(listed.envelope.kind).toBe('rejected');
    const kept = listed.list.find((entry) => entry.id === id);
    expect(kept).toMatchObject({ verb: 'claim', actor: 'bob', error: { code: 'ALREADY_CLAIMED' } });
    expect((await bob(['rejected'])).stdout).toContain(id);
    expect((await bob(['rejected', 'apply', id])).status).toBe(5);
    await ada(['release', id]);
    // A while later, so that what was seen last is not taken for fresh.
    const later = { env: { WL_NOW: '2026-01-03T11:01:00Z' } };
    expect((await bob(['rejected', 'apply', id], later)).stdout).toBe(`applied to ${id}, on origin\n`);
    expect((await bob(['rejected', 'drop', id])).status).toBe(3);
  });

  it('a rejected transition can be dropped', async () => {
    const id = await create('Dropped');
    const earlier = (await bob(['rejected', '-q'])).stdout;
    const other = await create('Beside');
    await bob(['sync']);
    await bob(['claim', id, '--offline', '--tentative']);
    await ada(['claim', id]);
    await bob(['sync']);
    const { op } = (await bob(['rejected', '--json'])).list.find((entry) => entry.id === id) ?? {};
    for (const typed of [
      // Its last character alone can be the number of the item.
      String(op).slice(9, 14),
      String(op).slice(-7),
      String(op).slice(0, 12),
      '',
      other,
      '20260103',
    ])
      expect(await bob(['rejected', 'drop', typed])).toMatchObject({ status: 3, stdout: '' });
    expect((await bob(['rejected', 'drop', String(Number(id.slice(-4)))])).stdout).toMatch(
      new RegExp(`^dropped claim ${id}; .*git show [0-9a-f]{40}`),
    );
    expect((await bob(['rejected', '-q'])).stdout).toBe(earlier);
  });
});

describe('given a remote that is away', () => {
  const away = (): string => `${place.remote}.away`;

  it('a write exits with 7 and says what is saved, and the id is on standard output', async () => {
    const id = await create('Before');
    await rename(place.remote, away());
    const made = await wl(a, ['create', 'Meanwhile']);
    const quiet = await ada(['create', 'Quietly', '-q']);
    const json = await ada(['comment', id, 'noted', '--json']);
    const synced = await ada(['sync']);
    await rename(away(), place.remote);

    expect(made.status).toBe(7);
    expect(made.stdout).toMatch(/^created WRK-\S+, in this clone only; share it with: wl sync\n$/);
    expect(made.stderr).toMatch(
      new RegExp(
        `^wl: The remote .* cannot be reached.*\nsaved in this clone only: create ${idIn(made)}\nhint: .*wl sync`,
      ),
    );
    expect(quiet.status).toBe(7);
    expect(quiet.stdout).toMatch(/^WRK-\S+\n$/);
    expect(json.status).toBe(7);
    expect(json.envelope).toMatchObject({ kind: 'item', where: 'local', data: { id } });
    expect(json.error).toMatchObject({
      code: 'REMOTE_UNREACHABLE',
      retryable: true,
      details: { saved: [{ verb: 'comment', id }], withdrawn: [] },
    });
    expect(json.error.details).not.toHaveProperty('outcomes');
    expect(synced).toMatchObject({ status: 7, stdout: '' });
    expect((await ada(['sync'])).stdout).toBe('in step with origin, shared 3 transitions\n');
  });

  it('a claim is not made', async () => {
    const id = await create('Unclaimed');
    await rename(place.remote, away());
    const said = await ada(['claim', id], { env: { WL_NOW: '2026-01-03T12:00:00Z' } });
    await rename(away(), place.remote);
    expect(said).toMatchObject({ status: 7, stdout: '' });
    expect((await ada(['show', id, '--json'])).data).toMatchObject({ status: 'pending' });
  });
});

describe('how fresh an answer is', () => {
  const later = { env: { WL_NOW: '2026-01-03T11:25:00Z' } };

  it('given a last contact 25 minutes ago, a notice says so beside the result', async () => {
    const said = await wl(a, ['list'], later);
    expect(said.status).toBe(0);
    expect(said.stderr).toBe('as of 25 min ago; wl sync or --fetch asks the remote\n');
    expect((await ada(['list'])).stderr).toBe('');
  });

  it('JSON has it in the envelope instead, and --quiet leaves it out', async () => {
    const json = await ada(['list', '--json'], later);
    expect(json).toMatchObject({
      stderr: '',
      envelope: { as_of: { fetched_at: '2026-01-03T11:00:00.000Z' } },
    });
    expect((await ada(['list', '-q'], later)).stderr).toBe('');
  });

  it('--fetch asks the remote', async () => {
    const said = await ada(['list', '--fetch', '--json'], later);
    expect(said.envelope.as_of).toMatchObject({ fetched_at: '2026-01-03T11:25:00.000Z' });
    expect((await ada(['list', '--fetch', '--offline'])).status).toBe(2);
  });
});

it('WL_REMOTE names the remote, and one that is not there exits with 2', async () => {
  expect((await ada(['status', '--json'], { env: { WL_REMOTE: 'origin' } })).data).toMatchObject({
    remote: { name: 'origin' },
  });
  const said = await ada(['status'], { env: { WL_REMOTE: 'elsewhere' } });
  expect(said).toMatchObject({ status: 2, stdout: '' });
  expect(said.stderr).toContain('hint: It has: origin');
});

it('given a remote whose hook refuses, a write exits with 4', async () => {
  const hook = join(place.remote, 'hooks/pre-receive');
  await writeFile(hook, '#!/bin/sh\necho "not on a Saturday"\nexit 1\n', { mode: 0o755 });
  const said = await ada(['create', 'Refused']);
  await rm(hook);
  expect(said).toMatchObject({ status: 4, stdout: '' });
  expect(said.stderr).toContain('refused it');
});

it('given a remote whose history was replaced, a sync exits with 10 and loses nothing', async () => {
  const tip = await runGit(place.remote, ['rev-parse', 'work-ledger']);
  await runGit(place.remote, ['update-ref', 'refs/heads/work-ledger', `${tip}~2`]);
  const said = await ada(['sync', '--json']);
  const asked = await wl(a, ['recover-history'], { columns: 80, input: 'n\n' });
  await runGit(place.remote, ['update-ref', 'refs/heads/work-ledger', tip]);
  // What a slow machine says meanwhile is taken off the terminal again.
  const lasting = asked.stderr.split('\r\u001b[K').filter((part) => !part.endsWith('…'));
  expect(lasting.join('')).toMatch(
    /^origin was set back: [^\n]*\nmissing on origin: 2\n[^\\]*\nBring back what is missing\? \[y\/N\] /,
  );
  expect(said).toMatchObject({ status: 10, stdout: '', error: { code: 'HISTORY_REWRITTEN' } });
  expect(await runGit(a, ['rev-parse', 'work-ledger'])).toBe(tip);
});
