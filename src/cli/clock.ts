import { type Clock, LedgerError, systemClock } from '../index.ts';

/** The clock that `WL_NOW` sets: it stands still, but for the time that is slept through, so that deadlines still come. */
export function chooseClock(now: string | undefined): Clock {
  if (now === undefined || now === '') return systemClock;
  let at = Date.parse(now);
  if (Number.isNaN(at)) {
    throw new LedgerError('INVALID_INPUT', `WL_NOW is ${JSON.stringify(now)}, which is no ISO time.`);
  }
  return {
    now: () => new Date(at),
    sleep(ms) {
      at += ms;
      return systemClock.sleep(ms);
    },
    random: systemClock.random,
  };
}
