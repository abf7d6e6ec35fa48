import { EPOCH } from '../world/process.ts';
import { arrivals } from './branch.ts';
import type { Oracle } from './oracle.ts';

/** What a new ledger allows clocks to differ by: `clock_skew_s`. */
const ALLOWED_S = 300;

export const dates: Oracle = {
  name: 'dates',
  promise:
    'A commit is dated no earlier than its parent records, unless that is further ahead than a clock may be.',
  *check({ branch, plan, forged, ...evidence }) {
    const arrived = arrivals(evidence);
    for (const [index, { oid, clone, committed_at, verb }] of branch.entries()) {
      const before = branch[index - 1];
      const at = arrived.get(oid);
      if (before === undefined || at === undefined || forged.has(oid)) continue;
      const text = `${verb} ${oid.slice(0, 7)} of ${clone}`;
      const behind = before.recorded_at - committed_at;
      if (behind > 0 && behind <= ALLOWED_S)
        yield {
          kind: 'behind its parent',
          text: `${text} is dated ${behind} s before what its parent records`,
        };
      const skews = plan.faults.flatMap((fault) =>
        fault.kind === 'skew' && fault.clone === clone ? [fault.ahead_ms] : [],
      );
      const ahead = committed_at - (EPOCH + at + Math.max(0, ...skews)) / 1_000;
      if (ahead > ALLOWED_S + 1)
        yield { kind: 'far ahead', text: `${text} is dated ${Math.round(ahead)} s after its clone's time` };
    }
  },
};
