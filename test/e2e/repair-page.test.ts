import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { MAIN } from '../cli/workplace.ts';
import { blocks, readProject } from '../docs/markdown.ts';
import { editByHand, pathOf, rewriting } from '../helpers/by-hand.ts';
import { isolatedEnv } from '../helpers/temp-repo.ts';
import { claim, makeTwoLines, type TwoLines } from '../helpers/two-lines.ts';

const COMMANDS = blocks(readProject('docs/repair.md')).flatMap((block) => block.trim().split('\n'));

/** Runs a command of the page, as a person types it. */
async function makeTyping({ repo, dir }: TwoLines) {
  const bin = join(repo.folder, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'wl'), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`, { mode: 0o755 });
  const env = { ...isolatedEnv(), PATH: `${bin}${delimiter}${process.env.PATH}`, WL_ACTOR: 'ada' };
  return (command: string): { status: number | null; said: string } => {
    expect(COMMANDS).toContain(command);
    typed.add(command);
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: dir, env, encoding: 'utf8' });
    return { status, said: `${stdout}${stderr}` };
  };
}
const typed = new Set<string>();

async function contested(lines: TwoLines): Promise<void> {
  const [id = ''] = lines.ids;
  await claim(lines.ada, id);
  await claim(lines.bob, id);
  expect(await lines.merge()).toMatchObject({ clean: false });
}

test('given a ledger that a person broke, when the page is followed, then it is mended, and what was dropped is shown', async () => {
  const lines = await makeTwoLines(1);
  const type = await makeTyping(lines);
  const [id = ''] = lines.ids;
  const broken = rewriting((text) => text.replace('title: ', 'title: "'));
  await editByHand(lines.repo, (dir) => broken(join(dir, pathOf(id))));
  expect(type('wl doctor').status).toBe(9);
  expect(type('wl doctor --fix')).toMatchObject({ status: 0 });
  expect(type("git log --grep '^repair ' work-ledger").said).toMatch(`repair ${id}`);
  expect(type('git show work-ledger~1 --stat').said).toMatch(/by hand[\s\S]*1 file changed/);
  expect(type('wl doctor')).toMatchObject({ status: 0, said: expect.stringContaining('history has') });
});

test('given a merge that stopped, when the page is followed, then one line is made of two, or one side is given up', async () => {
  const first = await makeTwoLines(1);
  await contested(first);
  const type = await makeTyping(first);
  expect(type('wl resolve').status).toBe(9);
  expect(type('wl resolve --replay')).toMatchObject({ status: 0 });
  expect(type('wl resolve --replay theirs')).toMatchObject({ status: 0 });
  expect(type('wl resolve --replay theirs~1..theirs')).toMatchObject({ status: 0 });
  expect(await first.ada.audit.verify()).toMatchObject({ ok: true });

  const second = await makeTwoLines(1);
  await contested(second);
  const typeThere = await makeTyping(second);
  expect(typeThere('wl resolve --ours')).toMatchObject({ status: 0 });
  expect(typeThere('git commit --no-edit')).toMatchObject({ status: 0 });
  expect(await second.ada.query.find(second.ids[0] ?? '')).toMatchObject({ owner: 'ada' });
});

test('given a remote that lost history, when the page is followed, then it is back', async () => {
  const lines = await makeTwoLines(1);
  const { repo } = lines;
  const type = await makeTyping(lines);
  await repo.git(repo.bare, 'update-ref', 'refs/heads/work-ledger', 'work-ledger~1');
  expect(type('wl doctor').status).toBe(10);
  expect(type('wl recover-history').status).toBe(10);
  expect(type('wl recover-history --yes')).toMatchObject({ status: 0 });
  expect(type('git for-each-ref refs/work-ledger/before-rewrite/').said).toMatch(/commit\trefs\/work-ledger/);
  expect(type('wl doctor')).toMatchObject({ status: 0 });
});

test('given the page, when its tests are done, then every command on it was run', () => {
  expect([...typed].sort()).toEqual([...new Set(COMMANDS)].sort());
});
