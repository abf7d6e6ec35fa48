import { moveRefs, refsBelow } from '../git/branch-dangers.ts';
import { readLog } from '../git/damaged-refs.ts';
import type { Fault } from '../git/fault.ts';
import { commitNamed } from '../git/work-tree.ts';
import { connectionOf, currentTip } from '../ledger/connection.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import type { Oid } from '../store/port.ts';
import { type ReadCommit, readCommits } from '../sync/read-commits.ts';
import { journalRef, leftRef, NO_OPS } from '../sync/state-keys.ts';
import type { ClonePlace } from './clone-faults.ts';
import { replayOnOurs } from './replay.ts';

// What something else than this program moved: the ledger's branch, so that transitions which waited on it are on none any more, and the
// remote's name.

/** What this program writes beside its own moves. */
const OWN_MOVE = 'work-ledger';
/** Local state: when the last such move was that was looked after, in seconds since 1970. */
const LOOKED_AFTER = 'moved';
const MOST_TIPS = 20;
const NAMED = 5;

/** A line of history that the branch was on, and what of it is nowhere now. */
interface LostLine {
  tip: Oid;
  missing: ReadCommit[];
}

/** @param open opens the ledger to mend it */
export async function movedBranch(
  ledger: WorkLedger,
  open: (() => Promise<WorkLedger>) | undefined,
): Promise<Fault[]> {
  const { place, localRef, local, branch, state, refs } = connectionOf(ledger);
  if (local === undefined) return [];
  const moves = readLog(place, localRef).filter(
    (move) => isForeign(move) && move.at > Number(state.get(LOOKED_AFTER) ?? 0),
  );
  const tips = new Set(
    [
      (await refs.readRef(journalRef(localRef))) ?? '',
      (await refs.readRef(leftRef(localRef))) ?? '',
      ...moves.map(({ from }) => from).reverse(),
    ].slice(0, MOST_TIPS),
  );
  const known = new Set<string>();
  const lines: LostLine[] = [];
  for (const tip of tips) {
    const missing = await missingOf(ledger, tip, known);
    if (missing.length > 0) lines.push({ tip, missing });
  }
  if (lines.length === 0) return [];
  const lost = lines.flatMap(({ missing }) => missing);
  const count = lost.length === 1 ? '1 transition' : `${lost.length} transitions`;
  const shown = lost.slice(0, NAMED).map(describe).join(', ');
  const more = lost.length > NAMED ? `, and ${lost.length - NAMED} more` : '';
  const newest = moves.at(-1)?.at ?? 0;
  return [
    {
      kind: 'branch',
      wrong: `something moved ${branch} away from ${count} of this clone: ${shown}${more}`,
      how: `wl doctor --fix decides them again on top of it: ${lines.map(({ tip }) => `wl resolve --replay ${tip.slice(0, 12)}`).join('; ')}`,
      repair: open && (() => bringBack(open, lines, newest)),
    },
  ];
}

/** Moves of the branch by git for somebody. What git does for this program says so, or says nothing. */
const isForeign = ({ from, by }: { from: string; by: string }): boolean =>
  !/^0+$/.test(from) && by !== OWN_MOVE && by !== '';

/** What a tip has that is neither on the branch, nor kept, nor known to have come to nothing. */
async function missingOf(ledger: WorkLedger, tip: Oid, known: Set<string>): Promise<ReadCommit[]> {
  const { place, state } = connectionOf(ledger);
  const store = await connectionOf(ledger).store();
  if (!/^[0-9a-f]{40}$/.test(tip) || (await commitNamed(place, tip)) !== tip) return [];
  const local = await currentTip(connectionOf(ledger));
  const base = await store.mergeBase(local, tip);
  if (base === undefined || base === tip) return [];
  const there = await readCommits(store, local, tip);
  const ops = new Set(there.flatMap(({ op }) => op ?? []));
  const settled = new Set((await readCommits(store, base, local, ops)).flatMap(({ op }) => op ?? []));
  for (const op of (state.get(NO_OPS) ?? '').split(' ')) settled.add(op);
  for (const { ref } of await store.listRefs('refs/work-ledger/rejected/'))
    settled.add(ref.slice('refs/work-ledger/rejected/'.length));
  return there.filter(({ op, record }) => {
    const name = op ?? record.oid;
    if (record.parents.length !== 1 || settled.has(name) || settled.has(record.oid) || known.has(name))
      return false;
    known.add(name);
    return true;
  });
}

const describe = ({ event, command, record }: ReadCommit): string =>
  [event?.verb ?? command?.verb ?? 'by hand', event?.id ?? record.oid.slice(0, 12)].join(' ');

async function bringBack(
  open: () => Promise<WorkLedger>,
  lines: readonly LostLine[],
  newest: number,
): Promise<string> {
  const ledger = await open();
  try {
    let [applied, lost] = [0, 0];
    for (const { tip } of lines) {
      const done = await replayOnOurs(ledger, tip);
      applied += done.applied.length;
      lost += done.lost.length;
    }
    connectionOf(ledger).state.set(LOOKED_AFTER, String(newest));
    const kept = lost === 0 ? '' : `; ${lost} cannot stand there and are kept: wl rejected`;
    return `brought back ${applied === 1 ? '1 transition' : `${applied} transitions`}${kept}`;
  } finally {
    await ledger.close();
  }
}

const KEPT = ['seen', 'taken', 'written'];

/**
 * What a clone noted of a remote whose name is gone: where the clone has one remote, and noted nothing of that, it is the same under
 * another name (`git remote rename`).
 */
export async function renamedRemotes({ gitDir, remote, remotes }: ClonePlace): Promise<Fault[]> {
  const noted = await refsBelow(gitDir, 'refs/work-ledger/seen/');
  const names = noted.map(({ ref }) => ref.slice('refs/work-ledger/seen/'.length));
  const gone = names.filter((name) => !remotes.includes(name) && !name.startsWith(`${remote}/`));
  const [name] = gone;
  if (name === undefined || gone.length > 1 || remote === undefined || remotes.length !== 1) return [];
  if (names.includes(remote)) return [];
  return [
    {
      kind: 'remote',
      wrong: `what this clone saw of ${name} is kept under that name, and the remote is called ${remote} now`,
      how: `wl doctor --fix keeps it under ${remote}`,
      async repair() {
        const moves = KEPT.map((kind) => [
          `refs/work-ledger/${kind}/${name}`,
          `refs/work-ledger/${kind}/${remote}`,
        ]);
        await moveRefs(gitDir, moves as [string, string][]);
        return `kept what was seen of ${name} under ${remote}`;
      },
    },
  ];
}
