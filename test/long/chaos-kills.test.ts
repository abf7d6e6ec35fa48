import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/index.ts';
import { runWl } from '../helpers/wl-process.ts';
import { WlWork } from '../helpers/wl-work.ts';
import { expectSound, itemsOf, makeWork, type WorkPlace } from '../helpers/work-place.ts';

const CLONES = ['ada', 'bob', 'carol'];
const EACH = 4;
const LONGEST_MS = 1_200;
const CHECKPOINT = `echo '{"type":"checkpoint","step":"half"}'`;
const HANG = 'while kill -0 $PPID 2> /dev/null; do sleep 0.1; done';
/** Where a checkpoint was left, it goes on from there. */
const RESUMES = `grep -q '"step":"half"' && { echo resumed; exit 0; }; ${CHECKPOINT};`;
const sh = (script: string): string[] => ['--concurrency', String(EACH), '--', 'sh', '-c', script];

/** Every item is in progress, and its holder is killed. */
async function killAll(place: WorkPlace): Promise<string[]> {
  const dirs = await Promise.all(CLONES.map((name) => place.repo.clone(name)));
  const works = dirs.map((dir) => new WlWork(dir, sh(`${RESUMES} ${HANG}`)));
  await Promise.all(works.map((work) => work.waitFor('checkpoint', EACH)));
  for (const work of works) work.signal('SIGKILL');
  expect(await Promise.all(works.map((work) => work.end()))).toEqual(CLONES.map(() => 'SIGKILL'));
  expect((await itemsOf(place)).map((item) => item?.status)).toEqual(place.ids.map(() => 'in_progress'));
  return dirs;
}

const resumedBy = (works: readonly WlWork[]): unknown[] =>
  works
    .flatMap((work) => work.of('started'))
    .filter(({ epoch, attempt, resumed }) => epoch === 2 && attempt === 2 && resumed)
    .map(({ work_id }) => work_id)
    .sort();

describe(`given ${CLONES.length * EACH} items in progress, whose workers are all killed at once`, () => {
  test('when they are started again in their clones, then each item is resumed and finished, long before its lease ends', async () => {
    const place = await makeWork(CLONES.length * EACH);
    const dirs = await killAll(place);
    const works = dirs.map((dir) => new WlWork(dir, ['--idle-exit', ...sh(RESUMES)]));
    expect(await Promise.all(works.map((work) => work.end()))).toEqual(CLONES.map(() => 0));
    expect(
      works
        .flatMap((work) => work.of('recovered'))
        .flatMap(({ work_ids }) => work_ids)
        .sort(),
    ).toEqual(place.ids);
    expect(resumedBy(works)).toEqual(place.ids);
    await expectSound(place);
  });

  test('when others work on clones that come later, then each item is resumed and finished once its lease is over', async () => {
    const place = await makeWork(CLONES.length * EACH);
    await killAll(place);
    const [early = '', ...dirs] = await Promise.all(
      ['early', 'dora', 'emil'].map((name) => place.repo.clone(name)),
    );
    expect((await runWl(early, ['recover', '-q'])).lines).toEqual([]);
    const works = dirs.map((dir) => new WlWork(dir, ['--idle-exit', ...sh(RESUMES)], { WL_NOW: '+26h' }));
    expect(await Promise.all(works.map((work) => work.end()))).toEqual([0, 0]);
    expect((await itemsOf(place)).map((item) => item?.status)).toEqual(place.ids.map(() => 'completed'));
    expect(resumedBy(works)).toEqual(place.ids);
    await expectSound(place, 'differ');
  });
});

test('given workers that are killed at any moment, again and again, when they are started again in their clones, then no item waits for a lease, and each is completed once', async () => {
  const place = await makeWork(24, { max_attempts: 100 });
  const dirs = await Promise.all(CLONES.map((name) => place.repo.clone(name)));
  const script = `${RESUMES} sleep 0.1`;
  for (let round = 1; round <= 4; round += 1) {
    const works = dirs.map((dir) => new WlWork(dir, sh(script)));
    await Promise.all(works.map((work) => Promise.race([work.waitFor('started'), work.waitFor('waiting')])));
    await Promise.all(works.map(killSomeTime));
  }
  const works = dirs.map((dir) => new WlWork(dir, ['--idle-exit', ...sh(script)]));
  expect(await Promise.all(works.map((work) => work.end()))).toEqual(CLONES.map(() => 0));
  expect((await itemsOf(place)).map((item) => item?.status)).toEqual(place.ids.map(() => 'completed'));
  await expectSound(place);
});

async function killSomeTime(work: WlWork): Promise<void> {
  await systemClock.sleep(Math.random() * LONGEST_MS);
  work.signal('SIGKILL');
  await work.end();
}
