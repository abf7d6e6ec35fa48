import { expect, test } from 'vitest';
import { LibraryWork, WlWork } from '../helpers/wl-work.ts';
import { expectSound, makeWork, untilAll } from '../helpers/work-place.ts';

/** Time to spare for attempts that a wrong clock takes away. */
const SETTINGS = { lease_ttl_s: 4, clock_skew_s: 0, max_attempts: 100 };
const CHECKPOINT = `echo '{"type":"checkpoint","step":"half"}'`;
const HANG = 'while kill -0 $PPID 2> /dev/null; do sleep 0.1; done';
/** The first item that it gets hangs where it is told so; where a checkpoint was left, it goes on from there. */
const PROGRAM = `
  if [ -n "$HANGS" ] && mkdir "$HANGS" 2> /dev/null; then ${CHECKPOINT}; ${HANG}; exit 1; fi
  grep -q '"step":"half' && exit 0
  ${CHECKPOINT}; sleep 0.2`;

test('given clocks a day ahead, a day behind, twice as fast and half as fast, when a worker is killed and another stands still past its lease, then each epoch has one holder, and each item is completed once', async () => {
  const place = await makeWork(12, SETTINGS);
  const { repo } = place;
  const worker = async (name: string, now: string, hangs = false): Promise<WlWork> =>
    new WlWork(await repo.clone(name), ['--', 'sh', '-c', PROGRAM], {
      WL_NOW: now,
      HANGS: hangs ? `${repo.folder}/${name}.hangs` : '',
    });
  const machine = async (name: string, rate: number, off_ms = 0): Promise<LibraryWork> =>
    new LibraryWork(await repo.clone(name), { rate, off_ms });

  const asleep = await worker('ahead', '+1d', true);
  const killed = await worker('behind', '-1d', true);
  const left = await Promise.all([asleep, killed].map((work) => work.waitFor('checkpoint')));
  asleep.signal('SIGSTOP');
  killed.signal('SIGKILL');
  const others = [
    await worker('behind-too', '-1d'),
    await worker('fast', `x2@${new Date().toISOString()}`),
    await machine('fast-machine', 2, 86_400_000),
    await machine('slow-machine', 0.5, -86_400_000),
  ];
  await untilAll(place, 'completed');
  asleep.signal('SIGCONT');
  await expect
    .poll(() => [...asleep.of('superseded'), ...asleep.of('stopped')], { timeout: 60_000 })
    .toContainEqual(expect.objectContaining({ work_id: left[0]?.work_id }));
  for (const work of [asleep, ...others]) work.signal('SIGTERM');
  expect(await Promise.all([asleep, ...others].map((work) => work.end()))).toEqual([0, 0, 0, 0, 0]);

  await expectSound(place, 'differ');
  const again = others.flatMap((work) => work.of('started')).filter(({ epoch }) => epoch !== 1);
  for (const { work_id } of left) {
    expect(again.filter((event) => event.work_id === work_id)[0]).toMatchObject({ resumed: true });
  }
});
