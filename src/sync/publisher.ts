import type { Verb } from '../domain/transitions.ts';
import type { Oid } from '../store/port.ts';
import { MOOT, PUBLISHED } from './marks.ts';
import type { Accepted, Settled } from './outcome.ts';
import { readCommits } from './pending.ts';
import type { RemoteContext } from './ports.ts';
import { pushPending } from './push-cycle.ts';
import { acceptedBy, exposedOps, reconcile, withdraw } from './reconcile.ts';
import { findRejected } from './rejected.ts';

/** Transitions whose end someone waits for: where each stood among the rejected before, and the shared tip at that time. */
export interface Wanted {
  since: Oid | undefined;
  ops: Map<string, Oid | undefined>;
}

/** What giving up came to. */
export interface TakenBack {
  settled: Map<string, Settled>;
  withdrawn: ReadonlySet<string>;
  /** Transitions that others may have, and that may yet be made. */
  exposed: ReadonlySet<string>;
}

/** Verbs that mean nothing until the remote has taken them, and whose race is worth a look at the remote first. */
export const TAKING: ReadonlySet<string> = new Set<Verb>(['claim', 'start', 'recover']);

/** Brings what is pending to the remote and tells how each transition ended, whichever process of the clone did it. */
export class Publisher {
  readonly #context: RemoteContext;

  constructor(context: RemoteContext) {
    this.#context = context;
  }

  /** Pushes, or waits for the process that is pushing, until each of the wanted is settled. */
  async publish(wanted: Wanted): Promise<Map<string, Settled>> {
    const context = this.#context;
    const { state, lock } = context;
    const own = (all: ReadonlyMap<string, Settled>) => new Map([...all].filter(([op]) => wanted.ops.has(op)));
    let mark = state.get(PUBLISHED);
    let settled = new Map<string, Settled>();
    const someonePushed = async (): Promise<boolean> => {
      if (state.get(PUBLISHED) === mark) return false;
      mark = state.get(PUBLISHED);
      settled = await this.#findSettled(wanted);
      return settled.size === wanted.ops.size;
    };
    await lock.run(
      'push',
      async () => {
        if (!(await someonePushed())) settled = new Map([...settled, ...own(await pushPending(context))]);
      },
      someonePushed,
    );
    if (settled.size < wanted.ops.size) settled = new Map([...(await this.#findSettled(wanted)), ...settled]);
    return settled;
  }

  /** Looks for transitions where settled ones stand: on the shared branch, among the rejected, among those left without effect. */
  async #findSettled({ ops, since }: Wanted): Promise<Map<string, Settled>> {
    const { store, state } = this.#context;
    const settled = new Map<string, Settled>();
    const seen = await this.#seen();
    if (seen !== undefined && seen !== since) {
      for (const commit of await readCommits(store, since, seen)) {
        if (commit.op !== undefined && ops.has(commit.op)) settled.set(commit.op, acceptedBy(commit));
      }
    }
    const moot = new Set((state.get(MOOT) ?? '').split(' '));
    for (const [op, before] of ops) {
      if (settled.has(op)) continue;
      const rejected = await findRejected(store, op, before);
      if (rejected !== undefined)
        settled.set(op, { kind: 'lost', op, error: rejected.error, kept: rejected.ref });
      else if (moot.has(op)) settled.set(op, { kind: 'unchanged', item: undefined });
    }
    return settled;
  }

  #seen(): Promise<Oid | undefined> {
    return this.#context.store.readRef(this.#context.remote.seenRef);
  }

  /** No other process of this clone pushes meanwhile, so what is taken back here is not on its way from here. */
  async takeBack(accepted: readonly Accepted[], wanted: Wanted): Promise<TakenBack> {
    const done = await this.#context.lock.run('push', async () => {
      const exposed = await exposedOps(this.#context);
      const settled = await this.#findSettled(wanted);
      const seen = await this.#seen();
      if (seen !== undefined)
        for (const [op, one] of await reconcile(this.#context, seen)) settled.set(op, one);
      const open = accepted.filter(({ op }) => !settled.has(op));
      const ops = new Set(open.filter(({ event }) => TAKING.has(event?.verb ?? '')).map(({ op }) => op));
      // Where others may have it, a number may be the item's for good, and must not be given up for another id.
      const created = open.filter(({ op, event }) => event?.verb === 'create' && !exposed.has(op));
      const renumber = new Set(created.map(({ op }) => op));
      if (ops.size + renumber.size > 0) {
        for (const [op, one] of await withdraw(this.#context, { ops, renumber })) settled.set(op, one);
      }
      return { settled, withdrawn: ops, exposed };
    });
    return done ?? { settled: new Map(), withdrawn: new Set(), exposed: new Set() };
  }
}
