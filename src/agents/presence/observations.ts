import type { Oid } from '../../store/port.ts';
import type { Clock, LocalState } from '../../sync/ports.ts';

/** What this clone saw of one sign, in milliseconds since 1970 by its own clock. */
interface Observation {
  oid: Oid;
  /** When it first saw the sign as it is, and when it last looked. */
  first: number;
  last: number;
}

const KEY = 'presence.seen';

/**
 * For how long this clone itself has seen each sign unchanged: nobody else's clock is asked. Kept in local state, since one who
 * looks is often a process that lives for a moment.
 */
export class Observations {
  readonly #state: LocalState;
  readonly #clock: Clock;
  readonly #known: Map<string, Observation>;
  readonly #seen = new Map<string, Observation>();

  constructor(state: LocalState, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
    this.#known = new Map(parse(state.get(KEY)));
  }

  /**
   * @param looked whether its source was asked just now: what is only remembered grows no older
   * @returns milliseconds from the first look at it as it is to the last
   */
  note(key: string, oid: Oid, looked: boolean): number {
    const now = this.#clock.now().getTime();
    const known = this.#known.get(key);
    // A clock that was set back has seen nothing yet.
    const same = known?.oid === oid && known.first <= now ? known : { oid, first: now, last: now };
    const noted = looked ? { ...same, last: now } : same;
    this.#seen.set(key, noted);
    return Math.max(0, noted.last - noted.first);
  }

  /** Remembers what was noted, and forgets the rest. */
  save(): void {
    this.#state.set(KEY, JSON.stringify([...this.#seen]));
  }
}

function parse(text: string | undefined): [string, Observation][] {
  try {
    const value: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(value) ? value.filter(isEntry) : [];
  } catch {
    // Losing it costs time: what is silent is silent again from now on.
    return [];
  }
}

function isEntry(value: unknown): value is [string, Observation] {
  const [key, seen] = Array.isArray(value) ? (value as unknown[]) : [];
  const { oid, first, last } =
    typeof seen === 'object' && seen !== null ? (seen as Partial<Observation>) : {};
  return (
    typeof key === 'string' && typeof oid === 'string' && Number.isFinite(first) && Number.isFinite(last)
  );
}
