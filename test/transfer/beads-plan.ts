import { beads } from '../../src/transfer/beads.ts';
import { planFrom } from '../../src/transfer/import.ts';
import type { ImportCandidate, ImportPlan } from '../../src/transfer/plan.ts';
import { issue, lines } from './beads-sample.ts';
import { MemoryLedger, NOW } from './memory-ledger.ts';

/** The plan of a first import, or of another one into `ledger`. */
export function planOf(text: string, ledger = new MemoryLedger()): ImportPlan {
  return planFrom('beads', beads, { text }, { ledger, now: NOW });
}

/** The one item of a plan, with what was kept of it. */
export function only(fields: Record<string, unknown>) {
  const plan = planOf(lines(issue(fields)));
  const [candidate] = plan.items;
  if (candidate === undefined) throw new Error('nothing was planned');
  return {
    ...candidate,
    kept: keptOf(candidate),
    rules: plan.notes.map(({ rule }) => rule),
    notes: plan.notes,
  };
}

/** What was kept of an issue beside its fields. */
export const keptOf = ({ item }: ImportCandidate): Record<string, unknown> =>
  item.context.imported as Record<string, unknown>;

export function bySource(plan: ImportPlan): (source_id: string) => ImportCandidate {
  return (source_id) => {
    const found = plan.items.find((item) => item.source_id === source_id);
    if (found === undefined) throw new Error(`${source_id} was not planned`);
    return found;
  };
}
