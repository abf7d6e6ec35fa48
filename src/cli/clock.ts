import { type Clock, systemClock } from '../index.ts';
import { refuse } from '../operations/typed.ts';

/**
 * The clock that `WL_NOW` sets: one that stands still at a time, but for what is slept through, so that deadlines still come; one
 * that is off by so much; or one that runs faster or slower since a time at which it was right.
 */
export function readClock(now: string): Clock {
  const off = /^([+-])(\d{1,6})([smhd])$/.exec(now);
  if (off !== null) return clockOff(Number(`${off[1]}${off[2]}`) * (UNIT_MS[off[3] ?? ''] ?? 0));
  const fast = /^x(\d{1,3}(?:\.\d+)?)@(.+)$/.exec(now);
  const rate = Number(fast?.[1] ?? 1);
  const at = parseIso(fast?.[2] ?? now);
  if (Number.isNaN(at) || rate === 0) {
    const ways = 'an ISO time, +1d, -90m, nor x2@ and an ISO time';
    throw refuse(`WL_NOW is ${JSON.stringify(now)}, which is neither ${ways}.`);
  }
  return fast === null ? clockAt(at) : clockSince(at, rate);
}

/** The time that passes for it is its own. */
const SET: Clock = { ...systemClock, awake: undefined };

/** A day at least: what `Date.parse` makes of other texts is up to the engine. */
const parseIso = (time: string): number => (/^\d{4}-\d\d-\d\d/.test(time) ? Date.parse(time) : Number.NaN);

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function clockAt(time: number): Clock {
  let at = time;
  return {
    ...SET,
    now: () => new Date(at),
    sleep(ms) {
      at += ms;
      return systemClock.sleep(ms);
    },
  };
}

const clockOff = (ms: number): Clock => ({
  ...SET,
  now: () => new Date(systemClock.now().getTime() + ms),
});

const clockSince = (origin: number, rate: number): Clock => ({
  ...SET,
  now: () => new Date(origin + (systemClock.now().getTime() - origin) * rate),
  elapsed: () => performance.now() * rate,
  sleep: (ms) => systemClock.sleep(ms / rate),
});
