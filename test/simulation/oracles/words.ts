import { DISK_FULL } from '../world/process.ts';
import { appliedAgain, isTaken, type Oracle } from './oracle.ts';
import { wasReached } from './reached.ts';

/** Codes that say that the program, or what it stores, is broken, or that somebody broke it. */
const BROKEN: ReadonlySet<string> = new Set([
  'CRASH',
  'INTERNAL',
  'STORAGE_FAILED',
  'DAMAGED_ITEM',
  'VERIFICATION_FAILED',
  'HISTORY_REWRITTEN',
  'DIFFERENT_LEDGER',
]);

type Found = { kind: string; text: string };

/** Verbs that count only once the remote has them. */
const TAKING: ReadonlySet<string> = new Set(['claim', 'start', 'recover']);

/** What a caller was told of a transition is so. */
export const words: Oracle = {
  name: 'words',
  promise:
    'What was told is so: accepted is on the branch, lost and refused are not, and what is saved is shared or kept.',
  *check({ plan, branch, calls, settled, history }) {
    // What the remote had, a person took from it: where it is gone, nobody can tell by the branch.
    const isRewritten = plan.faults.some(({ kind }) => kind === 'rewritten');
    const landed = new Set(branch.map(({ op }) => op));
    const kept = new Map(
      settled.map(({ clone, rejected, pending }) => [clone, new Set([...rejected, ...pending])]),
    );
    /** What was tried again later under the same op may have become something else, and its group with it. */
    const again = appliedAgain(calls);
    for (const { what, process, clone, asked, told } of calls) {
      if (told === undefined) continue;
      const verbOf = (op: string): string => asked.find((one) => one.op === op)?.verb ?? '';
      const found = (kind: string, op: string, text: string): Found => ({
        kind,
        text: `${process} was told that its ${verbOf(op)} …${op.slice(-6)} is ${text}`,
      });
      const isKept = (op: string): boolean =>
        isTaken(plan, clone) ||
        landed.has(op) ||
        kept.get(clone)?.has(op) === true ||
        asked.some((one) => one.op === op && wasReached(branch, history, one));
      if (told.kind === 'failure') {
        const isSo = told.message === DISK_FULL || (isRewritten && told.code === 'HISTORY_REWRITTEN');
        if (BROKEN.has(told.code) && !isSo)
          yield { kind: told.code, text: `${process} ${what}, and was told: ${told.code}: ${told.message}` };
        for (const { op } of told.saved)
          if (!isKept(op)) yield found('saved and gone', op, 'saved, and it is nowhere');
        if (told.unknown) continue;
        for (const { op, id, verb } of asked)
          if (TAKING.has(verb) && told.withdrawn.includes(id ?? '') && landed.has(op) && !again.has(op))
            yield found('withdrawn and landed', op, 'withdrawn for certain, and it is on the branch');
        continue;
      }
      for (const { kind, op, where, code, unknown } of told.outcomes) {
        if (kind === 'accepted' && where === 'remote' && !landed.has(op) && !isRewritten)
          yield found('accepted and gone', op, 'accepted, and it is not on the branch');
        if (kind === 'accepted' && where === 'local' && !isKept(op))
          yield found('saved and gone', op, 'accepted here, and it is nowhere');
        // A clone that is put back as it was asks once more for what it was told of then.
        const isOver = !unknown && !again.has(op) && !isTaken(plan, clone);
        if ((kind === 'lost' || kind === 'refused') && isOver && landed.has(op))
          yield found(
            `${code === 'REMOTE_REFUSED' ? 'refused for good' : kind} and landed`,
            op,
            `${kind} (${code}), and it is on the branch`,
          );
      }
    }
  },
};
