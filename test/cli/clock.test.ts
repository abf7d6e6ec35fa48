import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { readClock } from '../../src/cli/clock.ts';
import { makeTempFolder, makeWorkRepo } from '../helpers/temp-repo.ts';
import { makeWorkplace, wl } from './workplace.ts';

const NOW = '2026-01-03T10:00:00.000Z';
const HOUR_MS = 3_600_000;
const at = (clock: { now(): Date }): string => clock.now().toISOString();

beforeEach(() => {
  vi.useFakeTimers({ now: new Date(NOW) });
});
afterEach(() => {
  vi.useRealTimers();
});

test('given an empty WL_NOW, when an item is made, then its time is the machine’s', async () => {
  vi.useRealTimers();
  const { path, cleanup } = await makeTempFolder();
  onTestFinished(cleanup);
  const dir = await makeWorkRepo(path, 'clone');
  const env = { WL_NOW: '' };
  await wl(dir, ['init'], { env });
  const before = Date.now();
  const { stdout } = await wl(dir, ['create', 'One', '--json'], { env });
  const { data } = JSON.parse(stdout) as { data: { created_at: string } };
  expect(Date.parse(data.created_at)).toBeGreaterThanOrEqual(before);
  expect(Date.parse(data.created_at)).toBeLessThanOrEqual(Date.now());
});

test('given a time, when time passes, then only what is slept through counts', async () => {
  const clock = readClock('2026-02-01T00:00:00Z');
  vi.advanceTimersByTime(HOUR_MS);
  expect(at(clock)).toBe('2026-02-01T00:00:00.000Z');
  const slept = clock.sleep(60_000);
  await vi.advanceTimersByTimeAsync(60_000);
  await slept;
  expect(at(clock)).toBe('2026-02-01T00:01:00.000Z');
});

test.each([
  ['+1d', '2026-01-04T11:00:00.000Z'],
  ['-90m', '2026-01-03T09:30:00.000Z'],
  ['+10s', '2026-01-03T11:00:10.000Z'],
])('given WL_NOW=%s, when an hour passes, then it is %s', (now, then) => {
  const clock = readClock(now);
  vi.advanceTimersByTime(HOUR_MS);
  expect(at(clock)).toBe(then);
});

test('given a clock twice as fast, when time passes, then twice as much, for all who were told the same, and a sleep is half as long', async () => {
  const [one, other] = [readClock(`x2@${NOW}`), readClock(`x2@${NOW}`)];
  expect(at(one)).toBe(NOW);
  vi.advanceTimersByTime(HOUR_MS);
  expect([at(one), at(other), at(readClock(`x2@${NOW}`))]).toEqual(
    Array.from({ length: 3 }, () => '2026-01-03T12:00:00.000Z'),
  );
  const slept = one.sleep(10_000);
  await vi.advanceTimersByTimeAsync(5_000);
  await slept;
  expect(at(one)).toBe('2026-01-03T12:00:10.000Z');
});

test.each(['today', '1d', '+1', '+1w', 'x2', 'x0@2026-01-03T10:00:00Z', 'x2@today', '+99999999d'])(
  'given WL_NOW=%s, when it is read, then it is refused',
  (now) => {
    expect(() => readClock(now)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  },
);

test('given a clone whose clock is an hour ahead, when another looks or writes, then it is told whose clock that is', async () => {
  vi.useRealTimers();
  const place = await makeWorkplace();
  onTestFinished(() => place.cleanup());
  const [ada, bob] = [await place.clone('ada'), await place.clone('bob')];
  await wl(ada, ['init']);
  await wl(bob, ['create', 'One'], { env: { WL_NOW: '2026-01-03T12:00:00.000Z', WL_ACTOR: 'bob' } });
  const status = await wl(ada, ['status', '--fetch']);
  expect(status.stdout).toMatch(/^clock +1 h behind [0-9a-f]+ by bob \(.*\): one of the two is wrong$/m);
  expect((await wl(ada, ['status', '--json'])).data.ahead).toMatchObject({ actor: 'bob', seconds: 3600 });
  const doctor = await wl(ada, ['doctor']);
  expect(doctor.stdout).toMatch(/^here: another clock is 60 minutes ahead of this clone's, as \w+ by bob /m);
  const created = await wl(ada, ['create', 'Two']);
  expect(created.status).toBe(0);
  expect(created.stderr).toMatch(/^Another clock is 60 minutes ahead of this clone's, as \w+ by bob /);
});
