import { isLedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import { verbsThat } from '../domain/verbs.ts';
import type { Oid } from '../store/port.ts';
import { takenOps } from './confirm.ts';
import { type Accepted, isNew, type Lost, type Settled } from './outcome.ts';
import type { RemoteContext } from './ports.ts';
import { pushPending } from './push-cycle.ts';
import { NAMES, readAlone, readCommits } from './read-commits.ts';
import { acceptedBy, exposedOps, reconcile } from './reconcile.ts';
import { findRejected } from './rejected.ts';
import { NO_OPS, PUBLISHED } from './state-keys.ts';
import { withdraw } from './withdraw.ts';

/** Transitions whose end someone waits for, by op: what each came to here, and where it stood among the rejected before. */
export interface Wanted {
  /** The shared tip before any of them was committed. */
  since: Oid | undefined;
  ops: ReadonlyMap<string, { own: Accepted; rejection: Oid | undefined }>;
}

/** What giving up came to. */
export interface TakenBack {
  settled: Map<string, Settled>;
  withdrawn: ReadonlySet<string>;
  /** Transitions that were taken where pushes go, and are not read yet: neither accepted nor lost. */
  sent: ReadonlySet<string>;
  /** Transitions that others may have, and that may yet be made. */
  exposed: ReadonlySet<string>;
}

/** Verbs that mean nothing until the remote has taken them, and whose race is worth a look at the remote first. */
export const TAKING: ReadonlySet<string> = verbsThat(({ contended }) => contended);

/** The item that stands in the place of one that was to be made. */
function standingFor({ error }: Lost): WorkId | undefined {
  if (!isLedgerError(error, 'INVALID_INPUT')) return undefined;
  const { id, idempotency_key } = error.details;
  return idempotency_key === undefined ? undefined : id;
}

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
    const ops = new Set(wanted.ops.keys());
    // What was pushed since it was committed may have it already.
    let mark: string | undefined = 'not looked yet';
    let settled = new Map<string, Settled>();
    const someonePushed = async (): Promise<boolean> => {
      const now = state.get(PUBLISHED);
      if (now === mark) return false;
      mark = now;
      settled = await this.findSettled(wanted);
      return settled.size === ops.size;
    };
    await lock.run(
      'push',
      async () => {
        if (await someonePushed()) return;
        for (const [op, end] of await pushPending(context, ops))
          if (end.kind !== 'accepted' && ops.has(op)) settled.set(op, end);
      },
      someonePushed,
    );
    if (settled.size < ops.size) settled = new Map([...(await this.findSettled(wanted)), ...settled]);
    return this.#withStanding(settled, wanted);
  }

  /** Looks for transitions where settled ones stand: on the shared branch, among the rejected, among those left without effect. */
  async findSettled(wanted: Wanted): Promise<Map<string, Settled>> {
    const { store, state } = this.#context;
    const settled = await this.#findAccepted(wanted);
    const noOps = new Set((state.get(NO_OPS) ?? '').split(' '));
    for (const [op, { rejection }] of wanted.ops) {
      if (settled.has(op)) continue;
      const rejected = await findRejected(store, op, rejection);
      if (rejected !== undefined)
        settled.set(op, { kind: 'lost', op, error: rejected.error, kept: rejected.ref });
      else if (noOps.has(op)) settled.set(op, { kind: 'unchanged', item: undefined });
    }
    return settled;
  }

  /** Who waits for a new item is answered with the one of the same key that stands in its place, and nothing is kept for later. */
  async #withStanding(settled: Map<string, Settled>, { ops }: Wanted): Promise<Map<string, Settled>> {
    const { store, views, localRef } = this.#context;
    const tip = await store.readRef(localRef);
    for (const [op, one] of settled) {
      const own = ops.get(op)?.own;
      const id = one.kind === 'lost' && own && isNew(own) ? standingFor(one) : undefined;
      if (one.kind !== 'lost' || id === undefined || tip === undefined) continue;
      const item = await views.read(tip, (view) => view.find(id));
      if (item === undefined) continue;
      settled.set(op, { kind: 'unchanged', item });
      const kept = await store.readRef(one.kept);
      if (kept !== undefined) await store.moveRef(one.kept, kept, undefined);
    }
    return settled;
  }

  /** A commit that is shared as it was made here came to what it came to here; one that was made anew is read. */
  async #findAccepted({ ops, since }: Wanted): Promise<Map<string, Settled>> {
    const { store } = this.#context;
    const settled = new Map<string, Settled>();
    const seen = await this.#seen();
    if (seen === undefined || seen === since) return settled;
    const shared = await readCommits(store, since, seen, NAMES);
    const own = shared.filter(({ op }) => op !== undefined && ops.has(op)).map(({ record }) => record);
    const asMade = new Map([...ops.values()].map(({ own: one }) => [one.commit, one]));
    for (const { oid } of own) {
      const made = asMade.get(oid);
      if (made !== undefined) settled.set(made.op, { ...made, where: 'remote' });
    }
    for (const commit of await readAlone(
      store,
      own.filter(({ oid }) => !asMade.has(oid)),
    ))
      settled.set(commit.op ?? '', acceptedBy(commit));
    return settled;
  }

  #seen(): Promise<Oid | undefined> {
    return this.#context.store.readRef(this.#context.remote.seenRef);
  }

  /** No other process of this clone pushes meanwhile, so what is taken back here is not on its way from here. */
  async takeBack(wanted: Wanted): Promise<TakenBack> {
    const done = await this.#context.lock.run('push', async () => {
      const exposed = await exposedOps(this.#context);
      const settled = await this.findSettled(wanted);
      const seen = await this.#seen();
      if (seen !== undefined)
        for (const [op, one] of await reconcile(this.#context, seen)) settled.set(op, one);
      const made = [...wanted.ops.values()].map(({ own }) => own);
      const open = made.filter(({ op }) => !settled.has(op));
      const sent = await takenOps(this.#context);
      const ops = new Set(
        open.filter(({ op, event }) => TAKING.has(event?.verb ?? '') && !sent.has(op)).map(({ op }) => op),
      );
      // Where others may have it, a number may be the item's for good, and must not be given up for another id.
      const created = open.filter((one) => isNew(one) && !exposed.has(one.op));
      const renumber = new Set(created.map(({ op }) => op));
      if (ops.size + renumber.size > 0) {
        for (const [op, one] of await withdraw(this.#context, { ops, renumber })) settled.set(op, one);
      }
      return { settled, withdrawn: ops, sent, exposed };
    });
    return done ?? { settled: new Map(), withdrawn: new Set(), sent: new Set(), exposed: new Set() };
  }
}
