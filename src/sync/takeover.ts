import type { Oid } from '../store/port.ts';
import { acceptedBy, type Wanted } from './journal.ts';
import type { PlainGroup } from './leader.ts';
import { isEntering } from './local.ts';
import type { Accepted, Outcome, Settled } from './outcome.ts';
import type { SyncContext } from './ports.ts';
import { type ReadCommit, readCommits } from './read-commits.ts';
import { rejectionsOf } from './rejected.ts';

/** The clone before a group was handed to another process. */
export interface Before {
  local: Oid | undefined;
  seen: Oid | undefined;
  rejections: ReadonlyMap<string, Oid | undefined>;
}

export async function remember({ store, localRef, remote }: SyncContext, group: PlainGroup): Promise<Before> {
  const rejections = await rejectionsOf(store, [group]);
  return {
    local: await store.readRef(localRef),
    seen: remote && (await store.readRef(remote.seenRef)),
    rejections,
  };
}

/** What ends the work that a leader had begun when it died. */
export interface Successor {
  /** What is shared, rejected, or left without effect. */
  findSettled(wanted: Wanted): Promise<Map<string, Settled>>;
  /** Brings what is committed here to the remote. */
  publish(made: readonly Accepted[], before: Before): Promise<Outcome[]>;
  submit(group: PlainGroup): Promise<Outcome[]>;
}

/**
 * Looks for the transitions of a group by their names, wherever they can have come to; ends what was begun of them, and
 * does what was not.
 *
 * @returns outcomes in the order of the group's commands
 */
export async function takeOver(
  { store, localRef }: SyncContext,
  group: PlainGroup,
  before: Before,
  successor: Successor,
): Promise<Outcome[]> {
  const ops = new Set(group.commands.map(({ op }) => op));
  const local = await store.readRef(localRef);
  const from = before.local && local && (await store.mergeBase(before.local, local));
  const commits = local === undefined ? [] : await readCommits(store, from, local, ops);
  const own = commits.filter(({ op }) => ops.has(op ?? '')).map(acceptedHere);
  const made = new Map(own.map((one) => [one.op, one]));
  const settled = await successor.findSettled(
    wantedOf(
      before,
      [...ops].map((op) => made.get(op) ?? nowhere(op)),
    ),
  );
  const begun = own.filter(({ op }) => !settled.has(op));
  const published = begun.length === 0 ? [] : await successor.publish(begun, before);
  const ended = new Map<string, Outcome>(settled);
  for (const [at, { op }] of begun.entries()) setIfThere(ended, op, published[at]);
  // A new item that stood already is asked for once more: the answer has what stands instead.
  const left = group.commands.filter((command) => {
    const outcome = ended.get(command.op);
    return outcome === undefined || (outcome.kind === 'unchanged' && isEntering(command));
  });
  // All of an atomic group was committed in one step, so that what is left of one had no effect.
  const done =
    left.length === 0
      ? []
      : await successor.submit({
          ...group,
          commands: left,
          // The other process may only have stood still, and commit it now.
          begun: { local: before.local, seen: before.seen },
          atomic: group.atomic && left.length === ops.size,
        });
  for (const [at, { op }] of left.entries()) setIfThere(ended, op, done[at]);
  return group.commands.flatMap(({ op }) => ended.get(op) ?? []);
}

function setIfThere(ended: Map<string, Outcome>, op: string, outcome: Outcome | undefined): void {
  if (outcome !== undefined) ended.set(op, outcome);
}

const wantedOf = ({ seen, rejections }: Before, made: readonly Accepted[]): Wanted => ({
  since: seen,
  ops: new Map(made.map((own) => [own.op, { own, rejection: rejections.get(own.op) }])),
});

const acceptedHere = (commit: ReadCommit): Accepted => ({ ...acceptedBy(commit), where: 'local' });

/** Stands for a transition that no commit was found of. */
const nowhere = (op: string): Accepted => ({
  kind: 'accepted',
  op,
  item: undefined,
  event: undefined,
  commit: '',
  where: 'local',
});
