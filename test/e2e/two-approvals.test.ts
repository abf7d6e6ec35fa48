import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openTerminal } from '../helpers/typed.ts';

const POLICY = `roles:
  leads:
    members: [lea, pull-request]
review:
  - approvals: 2
    roles: [leads]
`;

it('given two approvals that policy asks for, when one is given, then a merge can be the other, and completes the item', async () => {
  const { dir, type } = await openTerminal();
  await writeFile(join(dir, 'policy.yaml'), POLICY);
  const typed = async (script: string): Promise<string> => {
    const { stdout, stderr, status } = await type(script);
    expect({ script, stderr, status }).toEqual({ script, stderr: '', status: 0 });
    return stdout;
  };
  await typed('wl init && wl config apply policy.yaml && wl create One && wl claim 1');
  expect(await type('wl complete 1')).toMatchObject({ status: 4 });
  expect(await typed('wl submit 1 --result ok=1')).toContain('no review branch: ');
  expect(await typed('wl review list')).toContain('0 of 2 approvals');
  expect(await type('wl review approve 1 --actor bob')).toMatchObject({ status: 4 });
  const said = await typed('wl review approve 1 --actor lea');
  expect(said).toContain('which needs more');
  expect(said).toContain('holds its approval, to be merged');
  expect(await typed('wl show 1')).toContain('asked for by ada, lea approved');
  expect(await typed('wl review list')).toContain('current');
  expect(await type('wl review approve 1 --actor lea')).toMatchObject({ status: 6 });
  await typed(
    'git fetch -q && git push -q origin origin/review/$(wl list -q --status in_review):work-ledger',
  );
  expect(await typed('wl list --all --fetch')).toContain('done');
  expect(await typed('wl verify --full')).toContain('ok: 7 commits');
});

it('given a remote that takes no review branches, when the first of two approves, then that took place, and what is left is said', async () => {
  const { dir, repo, type } = await openTerminal();
  await writeFile(join(dir, 'policy.yaml'), POLICY);
  await type('wl init && wl config apply policy.yaml && wl create One && wl claim 1 && wl submit 1');
  await repo.hook('update', 'case $1 in refs/heads/review/*) exit 1 ;; esac');
  const approved = await type('wl review approve 1 --actor lea');
  expect(approved).toMatchObject({ status: 0, stdout: expect.stringContaining('which needs more') });
  expect(approved.stderr).toContain('no review branch yet');
  expect((await type('wl review list')).stdout).toContain('there is no review branch');
});

it('given work that waits for a review, when policy changes, then its proposal is stale, and can be made anew', async () => {
  const { dir, type } = await openTerminal();
  await writeFile(join(dir, 'policy.yaml'), POLICY.replace('approvals: 2', 'approvals: 1'));
  expect(await type('wl init && wl create One && wl claim 1 && wl submit 1')).toMatchObject({ status: 0 });
  expect((await type('wl review list')).stdout).toContain('current');
  expect(await type('wl config apply policy.yaml')).toMatchObject({ status: 0 });
  expect((await type('wl review list')).stdout).toContain('stale');
  expect(await type('wl review refresh 1')).toMatchObject({ status: 0 });
  expect((await type('wl review list')).stdout).toContain('current');
});
