import type { Command, CommandOf } from '../../src/domain/commands.ts';
import { type Decision, decide, type Transition } from '../../src/domain/decide.ts';
import { LedgerError } from '../../src/domain/errors.ts';
import { parseId, type WorkId } from '../../src/domain/ids.ts';
import { isTerminal, type WorkItem, type WorkStatus } from '../../src/domain/item.ts';
import { contentDigest } from '../../src/domain/item-schema.ts';
import { sourceKey, sourcesOf } from '../../src/domain/provenance.ts';
import { countsUnder, type LimitKind } from '../../src/domain/readiness.ts';
import { type LedgerSettings, settingsSchema } from '../../src/domain/settings.ts';
import type { Verb, VerbInput } from '../../src/domain/verbs.ts';
import type { LedgerView, UsedKey } from '../../src/domain/view.ts';

export const LEDGER_ID = '019b81f3-0000-7000-8000-000000000001';
/** The day on which every example happens. */
export const DAY = '20260103';

/** `2026-01-03T10:00:00.000Z` plus minutes. */
export const time = (minutes = 0): string =>
  new Date(Date.UTC(2026, 0, 3, 10) + minutes * 60_000).toISOString();

/** The n-th op: a UUID of version 7 that says its number. */
export const opOf = (n: number): string => `019b81f3-6c1e-7a52-9d0c-${n.toString(16).padStart(12, '0')}`;

export const idOf = (n: number): WorkId => `WRK-${DAY}-${String(n).padStart(4, '0')}`;

interface Who {
  actor?: string;
  at?: string;
  op?: string;
}

let asked = 0;

/** A command with the parts of a request filled in: asked by ada at ten, under an op of its own. */
export function ask<V extends Verb>(verb: V, { actor, at, op, ...input }: VerbInput[V] & Who): CommandOf<V> {
  asked += 1;
  const request = { verb, actor: actor ?? 'ada', at: at ?? time(), op: op ?? opOf(asked) };
  return { ...request, ...input } as unknown as CommandOf<V>;
}

/** A ledger in memory. Every lookup is a walk over all items: slow, and plainly right. */
export class FakeView implements LedgerView {
  readonly settings: LedgerSettings;
  readonly #items = new Map<WorkId, WorkItem | 'damaged'>();
  readonly #used = new Set<WorkId>();
  readonly #keys = new Map<string, UsedKey>();
  readonly #keep: (item: WorkItem) => WorkItem;

  /** @param keep what the store makes of an item: itself, or what its file reads as */
  constructor(settings: Partial<LedgerSettings> = {}, keep: (item: WorkItem) => WorkItem = (item) => item) {
    this.settings = settingsSchema().parse({ schema: 1, ledger_id: LEDGER_ID, ...settings });
    this.#keep = keep;
  }

  put(...items: WorkItem[]): this {
    for (const item of items) {
      this.#items.set(item.id, this.#keep(item));
      const { id, rev, last_op: op, idempotency_key: key } = item;
      if (key !== undefined && rev === 1 && !this.#keys.has(key))
        this.#keys.set(key, { id, op, digest: contentDigest(item) });
      this.#used.add(item.id);
    }
    return this;
  }

  damage(id: WorkId): this {
    this.#items.set(id, 'damaged');
    this.#used.add(id);
    return this;
  }

  /** Decides, and lets the decision stand. */
  run(command: Command): Decision {
    const decision = decide(this, command);
    if (decision.kind === 'transition') this.apply(decision);
    return decision;
  }

  apply({ event, after }: Transition): void {
    this.#used.add(event.id);
    if (after === undefined) this.#items.delete(event.id);
    else this.put(after);
  }

  /** Asks, decides, applies; what then stands. */
  do<V extends Verb>(verb: V, input: VerbInput[V] & Who): WorkItem {
    return itemOf(this.run(ask(verb, input) as Command));
  }

  ids(): WorkId[] {
    return [...this.#items.keys()];
  }

  items(): WorkItem[] {
    return [...this.#items.values()].filter((item) => item !== 'damaged');
  }

  get(id: WorkId): WorkItem {
    const item = this.find(id);
    if (item === undefined) throw new Error(`the example has no item ${id}`);
    return item;
  }

  find(id: WorkId): WorkItem | undefined {
    const item = this.#items.get(id);
    if (item === 'damaged') throw new LedgerError('DAMAGED_ITEM', `${id} cannot be read.`);
    return item;
  }

  statusOf(id: WorkId): WorkStatus | 'damaged' | undefined {
    const item = this.#items.get(id);
    return item === 'damaged' ? item : item?.status;
  }

  openChildrenOf(id: WorkId): WorkId[] {
    return this.#openIds((item) => item.parent_id === id);
  }

  blockedOn(id: WorkId): WorkId[] {
    return this.#openIds((item) => item.status === 'blocked' && item.block?.blocker_id === id);
  }

  openDependentsOf(id: WorkId): WorkId[] {
    return this.#openIds((item) => item.dependencies.includes(id));
  }

  inProgress(kind: LimitKind, name: string): WorkId[] {
    return this.#openIds((item) => countsUnder(item).some(([of, under]) => of === kind && under === name));
  }

  usedKey(key: string): UsedKey | undefined {
    return this.#keys.get(key);
  }

  fromSource(key: string): WorkId[] {
    const has = (item: WorkItem): boolean => sourcesOf(item).some((source) => sourceKey(source) === key);
    return this.items()
      .filter(has)
      .map(({ id }) => id)
      .sort();
  }

  nextNumber(prefix: string, date: string): number {
    const parts = [...this.#used].map(parseId).filter((id) => id.prefix === prefix && id.date === date);
    return 1 + Math.max(0, ...parts.map((id) => id.number ?? 0));
  }

  wasUsed(id: WorkId): boolean {
    return this.#used.has(id);
  }

  #openIds(matches: (item: WorkItem) => boolean): WorkId[] {
    return this.items()
      .filter((item) => !isTerminal(item.status) && matches(item))
      .map((item) => item.id);
  }
}

/** The item after a decision, whether it changed or not. */
export function itemOf(decision: Decision): WorkItem {
  const item = decision.kind === 'unchanged' ? decision.item : (decision.after ?? decision.before);
  if (item === undefined) throw new Error('the decision has no item');
  return item;
}

/** The refusal that `act` ends in. */
export function refusal(act: () => unknown): LedgerError {
  try {
    act();
  } catch (error) {
    if (error instanceof LedgerError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
