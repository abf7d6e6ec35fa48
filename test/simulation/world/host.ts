import type { Oid } from '../../../src/store/port.ts';

export const BRANCH = 'refs/heads/work-ledger';
export const FOLDERS = {
  inboxes: 'refs/work-ledger/inbox/',
  presence: 'refs/work-ledger/presence/',
  reviews: 'refs/heads/review/',
} as const;

/** One ref that moved on the remote. */
export interface Move {
  at: number;
  ref: string;
  from: Oid | undefined;
  to: Oid | undefined;
  /** The clone whose push it was; `admin` for a person at the server. */
  by: string;
}

/** What a push asks for one ref. */
export type Wish = Pick<Move, 'ref' | 'to' | 'by'> & { expected: Oid | undefined };

export type Answer =
  | { kind: 'accepted' }
  | { kind: 'behind' }
  | { kind: 'refused'; reason: string }
  /** Whoever asks may not write at all. */
  | { kind: 'denied'; reason: string };

/** A hook or a protected branch. @returns why it refuses; `undefined` where it does not */
export type Rule = (wish: Wish, at: number) => string | undefined;

/** The repository that all clones share: its refs, its rules, and all that ever moved there. */
export class Host {
  readonly #refs: Map<string, Oid>;
  readonly moves: Move[] = [];
  readonly rules: Rule[] = [];
  /** When a clone was told that it may not write the branch. */
  readonly denials: { at: number; by: string }[] = [];
  /** Whether a clone may not write at all. */
  isDenied: (clone: string, at: number) => boolean = () => false;
  /** True while it cannot be reached. */
  isAway: () => boolean = () => false;
  /** True while it takes what is sent and does not answer. */
  isSilent: () => boolean = () => false;
  /** What is read is so old, as from a replica, in virtual milliseconds. */
  lag_ms: (at: number) => number = () => 0;
  /** The branch is read as if it were there. */
  shown: { tip: Oid | undefined } | undefined;

  constructor(refs: Iterable<[string, Oid]> = []) {
    this.#refs = new Map(refs);
  }

  get tip(): Oid | undefined {
    return this.#refs.get(BRANCH);
  }

  get refs(): ReadonlyMap<string, Oid> {
    return this.#refs;
  }

  /** From now on nothing is wrong with it. */
  mend(): void {
    this.rules.length = 0;
    this.isDenied = () => false;
    this.lag_ms = () => 0;
    this.shown = undefined;
    this.isAway = () => false;
    this.isSilent = () => false;
  }

  /** The refs as whoever reads at a time is shown them. */
  readAt(at: number): Map<string, Oid> {
    const shown = new Map(this.#refs);
    const lag = this.lag_ms(at);
    for (const move of this.moves.toReversed()) {
      if (lag === 0 || move.at <= at - lag) break;
      put(shown, move.ref, move.from);
    }
    if (this.shown !== undefined) put(shown, BRANCH, this.shown.tip);
    return shown;
  }

  /** Moves a ref that is where the pusher expects it, and that no rule protects. */
  swap(wish: Wish, at: number): Answer {
    return this.swapAll([wish], at);
  }

  /** Moves all of these, or none of them. */
  swapAll(wishes: readonly Wish[], at: number): Answer {
    const answers = wishes.map((wish) => this.#answerTo(wish, at));
    const no = answers.find(({ kind }) => kind !== 'accepted');
    if (no !== undefined) return no;
    for (const { ref, to, by } of wishes) if (this.#refs.get(ref) !== to) this.force(ref, to, at, by);
    return { kind: 'accepted' };
  }

  #answerTo(wish: Wish, at: number): Answer {
    const { ref, to, expected, by } = wish;
    if (this.isDenied(by, at)) {
      if (ref === BRANCH) this.denials.push({ at, by });
      return { kind: 'denied', reason: 'permission denied' };
    }
    const current = this.#refs.get(ref);
    if (current === to) return { kind: 'accepted' };
    if (current !== expected) return { kind: 'behind' };
    const reason = this.rules.map((rule) => rule(wish, at)).find((one) => one !== undefined);
    return reason === undefined ? { kind: 'accepted' } : { kind: 'refused', reason };
  }

  /** What no push can do, and an administrator can. */
  force(ref: string, to: Oid | undefined, at: number, by = 'admin'): void {
    this.moves.push({ at, ref, from: this.#refs.get(ref), to, by });
    put(this.#refs, ref, to);
  }
}

function put(refs: Map<string, Oid>, ref: string, oid: Oid | undefined): void {
  if (oid === undefined) refs.delete(ref);
  else refs.set(ref, oid);
}
