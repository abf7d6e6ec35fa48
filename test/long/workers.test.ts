import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isGone } from '../helpers/processes.ts';
import { sh, WlWork } from '../helpers/wl-work.ts';
import { expectSound, makeWork } from '../helpers/work-place.ts';

const WORKERS = 8;
const ITEMS = 40;

test(`given ${WORKERS} workers on clones of their own, when they share ${ITEMS} items, then each is done once`, async () => {
  const place = await makeWork(ITEMS);
  const dirs = await Promise.all(Array.from({ length: WORKERS }, (_, n) => place.repo.clone(`worker-${n}`)));
  const works = dirs.map(
    (dir) =>
      new WlWork(dir, ['--idle-exit', ...sh('cat > /dev/null; echo "$WL_WORK_ID" >> "$DONE"')], {
        DONE: join(place.repo.folder, 'done'),
      }),
  );
  expect(await Promise.all(works.map((work) => work.end()))).toEqual(works.map(() => 0));
  await expectSound(place);
  const done = (await readFile(join(place.repo.folder, 'done'), 'utf8')).trim().split('\n');
  expect(done.toSorted()).toEqual(place.ids);
  const items = await Promise.all(place.ids.map((id) => place.planner.query.find(id)));
  expect(new Set(items.map((item) => item?.status))).toEqual(new Set(['completed']));
});

test('given a worker that stands still past its lease, when it wakes, then it learns that another took over, and harms nothing', async () => {
  const place = await makeWork(0);
  const { repo, planner } = place;
  await planner.admin.configure({ clock_skew_s: 0, lease_ttl_s: 2 });
  const { id } = await planner.createWork({ title: 'One' });
  const script = 'test "$WL_ATTEMPT" = 2 && exit 0; echo $$; while :; do sleep 0.1; done';
  const asleep = new WlWork(await repo.clone('ada'), sh(script));
  const program = Number((await asleep.waitFor('text')).text);
  asleep.signal('SIGSTOP');

  const other = new WlWork(await repo.clone('bob'), sh(script));
  expect(await other.waitFor('completed')).toMatchObject({ work_id: id });
  asleep.signal('SIGCONT');
  await expect
    .poll(() => [...asleep.of('superseded'), ...asleep.of('stopped')], { timeout: 60_000 })
    .toMatchObject([{ work_id: id }]);
  expect(isGone(program)).toBe(true);
  for (const work of [asleep, other]) work.signal('SIGTERM');
  expect(await Promise.all([asleep.end(), other.end()])).toEqual([0, 0]);
  await expectSound(place);
  const history = await planner.audit.history(id);
  expect(history.filter(({ verb }) => verb === 'complete')).toMatchObject([{ actor: 'bob' }]);
});
