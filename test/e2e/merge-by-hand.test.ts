import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { wl } from '../cli/workplace.ts';
import { makeSharedRepo } from '../helpers/shared-repo.ts';
import { claim, makeTwoLines } from '../helpers/two-lines.ts';

test('given two lines that changed different items, when a person merges them, then it is clean and verifies', async () => {
  const { ada, bob, ids, merge } = await makeTwoLines();
  const [first = '', second = ''] = ids;
  await claim(ada, first);
  await bob.work.comment(second, 'seen');
  expect(await merge()).toMatchObject({ clean: true });
  expect(await ada.audit.verify()).toMatchObject({ ok: true, findings: [] });
  expect(await ada.query.find(second)).toMatchObject({ comments: [{ body: 'seen' }] });
});

test('given two claims of one item, when a person merges them, then git stops, says which cannot both stand, and keeps both', async () => {
  const { ada, bob, dir, ids, merge } = await makeTwoLines(1);
  const [id = ''] = ids;
  await claim(ada, id);
  await claim(bob, id);
  const { clean, said } = await merge();
  expect(clean).toBe(false);
  expect(said).toMatch(
    `${id} was changed on both sides. ours: pending -> in_progress, rev 1 -> 2, owner ada`,
  );
  expect(said).toMatch(/They cannot both stand: .*owner.*claim/);
  expect(said).toMatch('wl resolve');
  const path = join(dir, `active/${id.slice(4, 8)}-${id.slice(8, 10)}/x${id.slice(-2)}/${id}.yaml`);
  const text = await readFile(path, 'utf8');
  expect(text).toMatch(
    /<<<<<<< ours\nschema: 1\n[\s\S]*owner: ada\n[\s\S]*=======\nschema: 1\n[\s\S]*owner: bob\n/,
  );
});

test('given one edit that both sides made, when a person merges them, then the side with more is taken as it is', async () => {
  const { ada, bob, ids, merge } = await makeTwoLines(1);
  const [id = ''] = ids;
  await ada.work.update(id, { labels: { add: ['x'] } });
  await bob.work.update(id, { labels: { add: ['x'] } });
  await bob.work.update(id, { set: { title: 'Better' } });
  expect(await merge()).toMatchObject({ clean: true });
  expect(await ada.query.find(id)).toMatchObject({ title: 'Better', labels: ['x'], rev: 3 });
});

test('given a clone, when wl init runs in it twice, then git knows once how to merge items', async () => {
  const repo = await makeSharedRepo();
  const dir = await repo.clone("it's 100% ada");
  const init = () => wl(dir, ['init'], { env: { WL_NOW: '' } });
  expect(await init()).toMatchObject({ status: 0 });
  const before = await readFile(join(dir, '.git/config'), 'utf8');
  expect(before).toMatch(
    /\[merge "work-ledger"\]\n\tname = work items\n\tdriver = .* merge-driver %O %A %B %P\n/,
  );
  expect(await init()).toMatchObject({ status: 0 });
  expect(await readFile(join(dir, '.git/config'), 'utf8')).toBe(before);
});
