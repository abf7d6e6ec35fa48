import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RULES_VERSION } from '../../src/ledger/verify.ts';
import { isolateThisProcess, runGit } from '../helpers/temp-repo.ts';
import { makeWorkplace, NOW, type Said, type Workplace, wl } from './workplace.ts';

let place: Workplace;
let dir: string;
const here = (...args: string[]): Promise<Said> => wl(dir, args);
const verified = async (...args: string[]): Promise<Record<string, unknown>> =>
  (await here('verify', ...args, '--json')).data;
const tip = (): Promise<string> => runGit(dir, ['rev-parse', 'work-ledger']);
/** A commit by hand that changes nothing; what it says is not a transition. */
async function spoil(message = 'by hand'): Promise<string> {
  const tree = await runGit(dir, ['rev-parse', 'work-ledger^{tree}']);
  const args = ['commit-tree', tree, '-p', 'work-ledger', '-m', message];
  const commit = await runGit(dir, args, { GIT_COMMITTER_DATE: NOW });
  await runGit(dir, ['update-ref', 'refs/heads/work-ledger', commit]);
  return commit;
}

beforeEach(async () => {
  isolateThisProcess();
  place = await makeWorkplace();
  dir = place.remote;
  await here('init');
  await here('create', 'One');
});
afterEach(() => place.cleanup());

it('replays everything the first time and with --full, and else what came since it found nothing wrong', async () => {
  const first = await tip();
  expect(await verified()).toMatchObject({ ok: true, from: null, commits: 2, items: 1 });
  expect(await verified()).toMatchObject({ ok: true, from: first, commits: 0, items: 1 });
  await here('create', 'Two');
  expect((await here('verify')).stdout).toBe(
    `ok: 1 commit since ${first.slice(0, 10)} and 2 items, up to ${await tip()}\n`,
  );
  expect(await verified('--full')).toMatchObject({ ok: true, from: null, commits: 3, items: 2 });
});

it('given a finding, then what follows is not held to be good, and it is found again', async () => {
  await verified();
  const good = await tip();
  await spoil();
  await here('create', 'Two');
  for (let time = 0; time < 2; time += 1)
    expect(await verified()).toMatchObject({ ok: false, from: good, commits: 2 });
});

it('given something that is found by replaying everything, then what was held to be good is so no longer', async () => {
  const bad = await spoil();
  await writeFile(
    `${dir}/work-ledger/verified`,
    JSON.stringify({ rules: RULES_VERSION, tip: bad, items: 1 }),
  );
  await here('create', 'Two');
  expect(await verified()).toMatchObject({ ok: true, from: bad });
  expect(await verified('--full')).toMatchObject({ ok: false });
  expect(await verified()).toMatchObject({ ok: false, from: null });
});

it('given a line that was rewritten, or a memory that says nothing, then everything is replayed', async () => {
  await verified();
  const before = await runGit(dir, ['rev-parse', 'work-ledger~1']);
  for (const ref of ['heads', 'work-ledger/journal'])
    await runGit(dir, ['update-ref', `refs/${ref}/work-ledger`, before]);
  await here('create', 'Another one');
  expect(await verified()).toMatchObject({ ok: true, from: null, commits: 2 });
  for (const memory of [
    'no JSON',
    '{}',
    '{"rules":1,"tip":"0123456789012345678901234567890123456789","items":1}',
  ]) {
    await writeFile(`${dir}/work-ledger/verified`, memory);
    expect(await verified()).toMatchObject({ ok: true, from: null, commits: 2 });
  }
});

it('given a range, then the ledger is trusted as its first commit left it', async () => {
  const bad = await spoil();
  await here('create', 'Two');
  await here('create', 'Three');
  expect(await verified(`${bad.slice(0, 8)}..`)).toMatchObject({ ok: true, from: bad, commits: 2, items: 3 });
  expect(await verified(`${bad}..work-ledger`)).toMatchObject({ ok: true, commits: 2 });
  expect(await verified(`${bad}..${await runGit(dir, ['rev-parse', 'work-ledger~1'])}`)).toMatchObject({
    commits: 1,
  });
  expect(await verified('..refs/heads/work-ledger')).toMatchObject({ ok: false, from: null, commits: 5 });
  expect(await verified()).toMatchObject({ ok: false, from: null });
});

it.each([
  ['work-ledger', 'INVALID_INPUT'],
  ['a..b..c', 'INVALID_INPUT'],
  ['../../config..', 'INVALID_INPUT'],
  ['--upload-pack..', 'INVALID_INPUT'],
  ['nowhere..', 'NOT_FOUND'],
  ['0123456..', 'NOT_FOUND'],
  ['0123456789012345678901234567890123456789..', 'NOT_FOUND'],
])('refuses %s as a range', async (range, code) => {
  expect((await here('verify', '--json', '--', range)).error.code).toBe(code);
});

it('refuses a range that leads backwards, and one beside --full', async () => {
  const first = await runGit(dir, ['rev-parse', 'work-ledger~1']);
  expect((await here('verify', `work-ledger..${first}`, '--json')).error.code).toBe('INVALID_INPUT');
  expect(await here('verify', '--full', `${first}..`)).toMatchObject({ status: 2 });
});

it('--format github prints an annotation for each finding, which nothing in it can end, and exits with 9', async () => {
  const commit = await spoil('create WRK-20260103-0009: x\n\nWork-Op: 100%\nWork-Op: ::set-env');
  const said = await here('verify', '--format', 'github');
  expect(said.status).toBe(9);
  const lines = said.stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(Number(((await verified()).findings as unknown[]).length));
  for (const line of lines) expect(line).toMatch(/^::error title=wl verify [\w%-]+::/);
  expect(said.stdout).toContain(commit.slice(0, 10));
  const before = await runGit(dir, ['rev-parse', 'work-ledger~1']);
  for (const ref of ['heads', 'work-ledger/journal'])
    await runGit(dir, ['update-ref', `refs/${ref}/work-ledger`, before]);
  expect(await here('verify', '--format', 'github')).toMatchObject({ status: 0, stdout: '' });
  expect(await here('verify', '--format', 'xml')).toMatchObject({ status: 2 });
});
