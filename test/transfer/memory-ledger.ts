import { decide } from '../../src/domain/decide.ts';
import { numberedId, parseId, type WorkId } from '../../src/domain/ids.ts';
import { isTerminal, type WorkItem } from '../../src/domain/item.ts';
import { contentDigest } from '../../src/domain/item-schema.ts';
import { countsUnder, type LimitKind } from '../../src/domain/readiness.ts';
import { type LedgerSettings, settingsSchema } from '../../src/domain/settings.ts';
import type { ImportedWork } from '../../src/domain/verbs/import.ts';
import { type LedgerView, SourceIndex, type UsedKey } from '../../src/domain/view.ts';
import type { ImportPlan } from '../../src/transfer/plan.ts';

export const NOW = '2026-02-01T00:00:00.000Z';

/** A ledger in memory that decides imports by the ledger's own rules. */
export class MemoryLedger implements LedgerView {
  readonly settings: LedgerSettings = settingsSchema().parse({ schema: 1, ledger_id: opOf(0) });
  readonly items = new Map<WorkId, WorkItem>();
  readonly deleted = new Set<WorkId>();
  readonly damaged = new Set<WorkId>();
  readonly #sources = new SourceIndex();
  #ops = 0;

  /** @throws LedgerError where the ledger refuses one of the plan's items */
  apply(plan: Pick<ImportPlan, 'items'>): void {
    for (const { id, item } of plan.items) this.put({ ...item, id });
  }

  put(item: ImportedWork): WorkItem {
    this.#ops += 1;
    const decision = decide(this, {
      verb: 'import',
      op: opOf(this.#ops),
      actor: 'importer',
      at: NOW,
      id: item.id,
      item,
    });
    if (decision.kind !== 'transition' || decision.after === undefined)
      throw new Error('nothing was imported');
    this.items.set(decision.after.id, decision.after);
    this.#sources.add(decision.after);
    return decision.after;
  }

  find(id: WorkId): WorkItem | undefined {
    if (this.damaged.has(id)) throw new Error('a plan must not read what is damaged');
    return this.items.get(id);
  }

  statusOf(id: WorkId): WorkItem['status'] | 'damaged' | undefined {
    return this.damaged.has(id) ? 'damaged' : this.items.get(id)?.status;
  }

  openChildrenOf(id: WorkId): WorkId[] {
    return this.#open((item) => item.parent_id === id);
  }

  blockedOn(id: WorkId): WorkId[] {
    return this.#open((item) => item.block?.blocker_id === id);
  }

  openDependentsOf(id: WorkId): WorkId[] {
    return this.#open((item) => item.dependencies.includes(id));
  }

  inProgress(kind: LimitKind, name: string): WorkId[] {
    return this.#open((item) => countsUnder(item).some(([of, under]) => of === kind && under === name));
  }

  usedKey(key: string): UsedKey | undefined {
    const item = [...this.items.values()].find((one) => one.idempotency_key === key);
    return item && { id: item.id, op: item.last_op, digest: contentDigest(item) };
  }

  fromSource(key: string): WorkId[] {
    return this.#sources.items(key);
  }

  nextNumber(prefix: string, date: string): number {
    const used = [...this.items.keys(), ...this.deleted].map(parseId);
    const numbers = used
      .filter((id) => id.prefix === prefix && id.date === date)
      .map(({ number }) => number ?? 0);
    return Math.max(0, ...numbers) + 1;
  }

  wasUsed(id: WorkId): boolean {
    return this.items.has(id) || this.damaged.has(id) || this.deleted.has(id);
  }

  #open(matches: (item: WorkItem) => boolean): WorkId[] {
    return [...this.items.values()]
      .filter((item) => !isTerminal(item.status) && matches(item))
      .map(({ id }) => id);
  }
}

const opOf = (number: number): string => `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;

/** A whole item of the ledger, for what a test does not care about. */
export function itemOf(fields: Partial<WorkItem> & { id?: WorkId } = {}): WorkItem {
  return {
    schema: 1,
    id: numberedId('WRK', '20260103', 1),
    rev: 1,
    last_op: opOf(1),
    title: 'Something',
    type: 'task',
    priority: 'medium',
    status: 'pending',
    labels: [],
    description: '',
    acceptance: [],
    context: {},
    dependencies: [],
    links: [],
    created_at: '2026-01-03T10:00:00.000Z',
    created_by: 'ada',
    updated_at: '2026-01-03T10:00:00.000Z',
    attempts: 0,
    comments: [],
    ...fields,
  };
}
