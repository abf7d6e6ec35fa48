import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide } from '../../src/domain/decide.ts';
import { isLedgerError } from '../../src/domain/errors.ts';
import { countedUnder, type LimitKind } from '../../src/domain/readiness.ts';
import { type LedgerView, Overlay } from '../../src/domain/view.ts';
import { commandFor } from '../helpers/arbitraries.ts';
import { DAY, FakeView, idOf } from '../helpers/fake-view.ts';
import { runs } from '../helpers/runs.ts';

/** Everything a decision can ask of a view about these ids. */
function answers(
  view: LedgerView,
  ids: readonly string[],
  keys: readonly string[],
  names: readonly [LimitKind, string][],
): unknown {
  return [
    names.map(([kind, name]) => [...view.inProgress(kind, name)].sort()),
    view.nextNumber('WRK', DAY),
    keys.map((key) => view.usedKey(key)),
    ids.map((id) => [
      view.find(id),
      view.statusOf(id),
      view.wasUsed(id),
      [...view.openChildrenOf(id)].sort(),
      [...view.blockedOn(id)].sort(),
      [...view.openDependentsOf(id)].sort(),
    ]),
  ];
}

test('given changes that are decided and not committed, when the overlay is asked, then it answers as the ledger would', () => {
  fc.assert(
    fc.property(fc.gen(), fc.nat(15), (generate, committed) => {
      const whole = new FakeView();
      const base = new FakeView();
      const overlay = new Overlay(base);
      for (let step = 0; step < 25; step += 1) {
        const command = generate(() => commandFor(whole));
        try {
          const decision = decide(step < committed ? base : overlay, command);
          if (decision.kind === 'unchanged') continue;
          whole.apply(decision);
          if (step < committed) base.apply(decision);
          else overlay.set(decision.event.id, decision.after);
        } catch (error) {
          if (!isLedgerError(error)) throw error;
        }
      }
      const ids = [...whole.ids(), ...base.ids(), idOf(1), idOf(77)];
      const keys = whole.items().flatMap((item) => item.idempotency_key ?? []);
      const names = whole.items().flatMap((item) => countedUnder(item, item.owner));
      expect(answers(overlay, ids, keys, names)).toEqual(answers(whole, ids, keys, names));
    }),
    { numRuns: runs(25) },
  );
});
