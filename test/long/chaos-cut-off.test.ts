import { symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { runWl } from '../helpers/wl-process.ts';
import { WlWork } from '../helpers/wl-work.ts';
import { expectSound, makeWork, untilAll, type WorkPlace } from '../helpers/work-place.ts';

const SETTINGS = { lease_ttl_s: 4, clock_skew_s: 0 };

/** A clone whose way to the remote can be taken away from it alone. */
async function makeEdge({ repo }: WorkPlace) {
  const dir = await repo.clone('ada');
  const way = join(repo.folder, 'way.git');
  await symlink(repo.bare, way);
  await repo.git(dir, 'remote', 'set-url', 'origin', pathToFileURL(way).href);
  return { dir, cut: () => unlink(way), heal: () => symlink(repo.bare, way) };
}

test('given a worker that is cut off for longer than its lease, when another clone takes its item over, then the first has stopped by itself, and its late result is refused and kept', async () => {
  const place = await makeWork(1, SETTINGS);
  const { repo, planner, ids } = place;
  const [id = ''] = ids;
  const { dir, cut, heal } = await makeEdge(place);
  const script = `
    [ "$WL_ATTEMPT" = 2 ] && { grep -q '"step":"half"' && exit 0; exit 1; }
    echo '{"type":"checkpoint","step":"half"}'; echo $$; while kill -0 $PPID 2> /dev/null; do sleep 0.1; done`;
  const first = new WlWork(dir, ['--', 'sh', '-c', script]);
  const program = Number((await first.waitFor('text')).text);
  const { execution_id } = await first.waitFor('started');
  await cut();
  await first.waitFor('stopped');
  expect(() => process.kill(program, 0)).toThrow('ESRCH');
  const second = new WlWork(await repo.clone('bob'), ['--', 'sh', '-c', script]);
  expect(await second.waitFor('started')).toMatchObject({ work_id: id, epoch: 2, resumed: true });
  await second.waitFor('completed');
  await heal();
  await first.waitFor('back');

  const late = await runWl(dir, ['complete', id, '--result', 'commit=c0ffee', '--json'], {
    WL_ACTOR: 'ada',
    WL_EXECUTION_ID: String(execution_id),
  });
  expect(await late.ended).toBe(5);
  expect(JSON.parse(late.stderr)).toMatchObject({
    error: { code: 'STALE_EPOCH', details: { id, owner: 'bob', epoch: 2 } },
  });
  const kept = await runWl(dir, ['rejected', '--json']);
  expect(kept.json<{ data: unknown[] }>()[0]?.data).toMatchObject([{ id, verb: 'complete' }]);

  for (const work of [first, second]) work.signal('SIGTERM');
  expect(await Promise.all([first.end(), second.end()])).toEqual([0, 0]);
  await expectSound(place);
  const history = await planner.audit.history(id);
  expect(history.filter(({ verb }) => verb === 'complete')).toMatchObject([{ actor: 'bob', epoch: 2 }]);
});

test('given a result that was saved while the remote was away, when another clone finished the item meanwhile, then it is lost, told and kept', async () => {
  const place = await makeWork(1, SETTINGS);
  const { repo, planner, ids } = place;
  const [id = ''] = ids;
  const { dir, cut, heal } = await makeEdge(place);
  const gate = join(repo.folder, 'gate');
  const first = new WlWork(dir, ['--', 'sh', '-c', 'echo up; while [ ! -e "$GATE" ]; do sleep 0.05; done'], {
    GATE: gate,
  });
  await first.waitFor('text');
  await cut();
  await writeFile(gate, '');
  expect(await first.waitFor('completed')).toMatchObject({ where: 'local' });
  const second = new WlWork(await repo.clone('bob'), ['--', 'true']);
  await untilAll(place, 'completed');
  await heal();
  expect(await first.waitFor('synced')).toMatchObject({ accepted: 0, lost: [{ work_id: id }] });
  const kept = await runWl(dir, ['rejected', '--json']);
  expect(kept.json<{ data: unknown[] }>()[0]?.data).toMatchObject([{ id, verb: 'complete' }]);
  for (const work of [first, second]) work.signal('SIGTERM');
  expect(await Promise.all([first.end(), second.end()])).toEqual([0, 0]);
  await expectSound(place);
  expect(await planner.query.find(id)).toMatchObject({ owner: 'bob', claim: { epoch: 2 } });
});
