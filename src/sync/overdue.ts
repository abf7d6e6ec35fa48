import { commitLocally } from './local.ts';
import { overdueUnblocks } from './overdue-unblocks.ts';
import type { RemoteContext } from './ports.ts';
import type { Ending } from './push-cycle.ts';

/** Commits here what is overdue. @returns the ops of it */
export async function makeOverdue(context: RemoteContext): Promise<ReadonlySet<string>> {
  const { store, localRef } = context;
  const tip = await store.readRef(localRef);
  if (tip === undefined) return new Set();
  const overdue = await overdueUnblocks(context, tip);
  if (overdue.length > 0) await commitLocally(context, []);
  return new Set(overdue.map(({ op }) => op));
}

/** Nobody asked for what is overdue: where it is lost, as for want of rights, nothing is, and the next clone makes it. */
export async function withoutOverdue(
  { store }: RemoteContext,
  settled: readonly [string, Ending][],
  overdue: ReadonlySet<string>,
): Promise<[string, Ending][]> {
  const others: [string, Ending][] = [];
  for (const [op, end] of settled) {
    if (end.kind === 'lost' && overdue.has(op))
      await store.moveRef(end.kept, await store.readRef(end.kept), undefined);
    else others.push([op, end]);
  }
  return others;
}
