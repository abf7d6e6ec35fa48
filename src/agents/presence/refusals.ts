import type { Clock, LocalState } from '../../sync/ports.ts';

/** Remembers that a host takes no presence, so that it is told once, and not tried all the time. */
export interface Refusals {
  isRecent(): boolean;
  /** @returns whether it is news */
  note(reason: string): boolean;
  /** It took one. */
  forget(): void;
}

const KEY = 'presence.refused';
const DAY_MS = 24 * 60 * 60 * 1000;

/** @param where the remote, and the place for presence there: another one is tried at once */
export function rememberRefusals(state: LocalState, clock: Clock, where: string): Refusals {
  const known = (): { at: number } | undefined => {
    const [place, at] = (state.get(KEY) ?? '').split('\n');
    return place === where ? { at: Number(at) } : undefined;
  };
  return {
    isRecent() {
      const at = known()?.at;
      return at !== undefined && Math.abs(clock.now().getTime() - at) < DAY_MS;
    },
    note() {
      const isNews = known() === undefined;
      state.set(KEY, `${where}\n${clock.now().getTime()}`);
      return isNews;
    },
    forget() {
      if (known() !== undefined) state.delete(KEY);
    },
  };
}
