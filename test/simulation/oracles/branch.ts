import { sleptThrough } from '../world/clone.ts';
import { BRANCH } from '../world/host.ts';
import type { ItemFile, LedgerCommit } from './history.ts';
import { appliedAgain, type Evidence, isOfMachine, isTaken, type Oracle } from './oracle.ts';
import { wasReached } from './reached.ts';

/** What the branch itself has to show, whoever was told what. */
export const once: Oracle = {
  name: 'once',
  promise: 'Each transition is on the branch at most once.',
  *check({ branch }) {
    for (const [op, commits] of groupBy(branch, ({ op }) => op))
      if (commits.length > 1)
        yield {
          kind: 'twice',
          text: `${commits[0]?.verb} …${op.slice(-6)} is on the branch ${commits.length} times`,
        };
  },
};

export const holders: Oracle = {
  name: 'holders',
  promise: 'Each epoch of an item has one holder: one transition begins it.',
  *check({ branch, history }) {
    const begun: LedgerCommit[] = [];
    for (const commit of branch) {
      const { verb, id, oid, parent, author } = commit;
      if (id === undefined || (verb !== 'claim' && verb !== 'start')) continue;
      const [before, after] = [history.item(parent, id), history.item(oid, id)];
      const isHeld = before?.status === 'in_progress' || before?.status === 'in_review';
      if (isHeld) yield { kind: 'taken', text: `${author} took ${id}, which ${before?.owner} held` };
      if (executionOf(before) !== executionOf(after)) begun.push(commit);
    }
    for (const [key, commits] of groupBy(begun, ({ id, epoch }) => `${id} ${epoch}`))
      if (commits.length > 1) yield { kind: 'two holders', text: `${key} was begun ${commits.length} times` };
  },
};

export const keys: Oracle = {
  name: 'keys',
  promise: 'Under a key one item is made, and who is answered with it asked for the same.',
  *check({ branch, calls, history }) {
    const made = branch.filter(({ verb }) => verb === 'create');
    const file = ({ oid, id }: LedgerCommit) => (id === undefined ? undefined : history.item(oid, id));
    const byKey = groupBy(made, (commit) => file(commit)?.idempotency_key as string | undefined);
    for (const [key, commits] of byKey)
      if (commits.length > 1)
        yield { kind: 'made twice', text: `under the key ${key}, ${commits.length} items were made` };
    const titles = new Map(made.map((commit) => [commit.id, file(commit)?.title]));
    for (const { asked, told, process } of calls) {
      for (const outcome of told?.kind === 'outcomes' ? told.outcomes : []) {
        const command = asked.find(({ op }) => op === outcome.op)?.command;
        if (outcome.kind !== 'unchanged' || outcome.id === undefined || command?.verb !== 'create') continue;
        const title = titles.get(outcome.id);
        if (title !== undefined && title !== command.fields.title)
          yield {
            kind: 'a stranger',
            text: `${process} asked for “${command.fields.title}” and was answered with ${outcome.id}, “${title}”`,
          };
      }
    }
  },
};

export const groups: Oracle = {
  name: 'groups',
  promise: 'A group is on the branch as a whole or not at all.',
  *check({ branch, calls, history }) {
    // What was refused as a group can be applied one by one, by whoever wants that.
    const applied = appliedAgain(calls);
    const landed = new Set(branch.map(({ op }) => op));
    for (const { atomic, asked, process, told } of calls) {
      if (
        !atomic ||
        asked.length < 2 ||
        (told?.kind === 'outcomes' && told.outcomes.some(({ kind }) => kind === 'unchanged'))
      )
        continue;
      if (asked.some(({ op }) => applied.has(op))) continue;
      // What had nothing left to do is in no list of what waits.
      const left =
        told?.kind === 'failure' ? new Set([...told.saved, ...told.sent].map(({ op }) => op)) : undefined;
      const members = asked.filter(({ op }) => left === undefined || left.size === 0 || left.has(op));
      const there = members.filter(({ op }) => landed.has(op));
      if (members.every((one) => landed.has(one.op) || wasReached(branch, history, one))) continue;
      if (there.length > 0 && there.length < members.length) {
        const names = there.map(({ verb, op }) => `${verb} …${op.slice(-6)}`).join(', ');
        yield {
          kind: 'in part',
          text: `of a group of ${asked.length} that ${process} asked for, the branch has ${names}`,
        };
      }
    }
  },
};

/** How long a claim lasts without a sign of life: what a new ledger is set to. */
const LEASE_MS = 3_600_000;
/** Signs of its holder that are on the branch. */
const SIGNS: ReadonlySet<string> = new Set(['claim', 'start', 'checkpoint', 'link_execution', 'unblock']);

/** What a recovery tells of who watched. */
const WATCHED = /none was seen for (\d+) s/;

/** For how long a clone's machine slept up to a time, where its clocks can tell. */
const sleptBy = (plan: Evidence['plan'], clone: string, time: number): number =>
  sleptThrough(
    plan.faults.flatMap((fault) =>
      fault.kind === 'sleep' && !fault.counted && isOfMachine(plan, fault.clone, clone) ? [fault] : [],
    ),
    time,
  );

export const leases: Oracle = {
  name: 'leases',
  promise:
    'Nobody is given back before a lease passed without a sign, by the time of the world; nobody watched while asleep.',
  *check({ branch, history, executions, plan, ...evidence }) {
    const asked = opsOf(evidence.calls);
    const arrived = arrivals({ history, ...evidence });
    for (const [index, { verb, id, op, oid, parent, reason, clone }] of branch.entries()) {
      // Whoever asks for a recovery by its command answers for it; a worker knows of some executions that they ended.
      if (verb !== 'recover' || asked.has(op ?? '')) continue;
      const sign = branch.slice(0, index).findLast((one) => one.id === id && SIGNS.has(one.verb ?? ''));
      const [from, until] = [arrived.get(sign?.oid ?? ''), arrived.get(oid)];
      if (from === undefined || until === undefined) continue;
      const watched_s = Number(WATCHED.exec(reason ?? '')?.[1] ?? 0);
      const awake_ms = until - from - (sleptBy(plan, clone, until) - sleptBy(plan, clone, from));
      if (watched_s * 1_000 > awake_ms)
        yield {
          kind: 'watched asleep',
          text: `${clone} says that it watched ${id} for ${watched_s} s, and was awake for ${Math.round(awake_ms / 1_000)} s of them`,
        };
      if (executions.has(String(executionOf(history.item(parent, id ?? ''))))) continue;
      if (until - from >= LEASE_MS) continue;
      yield {
        kind: 'given back early',
        text: `${id} was given back ${Math.round((until - from) / 1_000)} s after its holder's last sign`,
      };
    }
  },
};

export const ids: Oracle = {
  name: 'ids',
  promise:
    'An id that a call returned is that of its item, or the clone says where it went; no id is given twice.',
  *check({ branch, calls, settled, plan }) {
    const created = branch.filter(({ verb }) => verb === 'create' || verb === 'import');
    const idOf = new Map(created.map(({ op, id }) => [op, id]));
    for (const [id, commits] of groupBy(created, (commit) => commit.id))
      if (commits.length > 1)
        yield { kind: 'given twice', text: `${id} was given to ${commits.length} items` };
    for (const { asked, told, process, clone } of calls) {
      if (told === undefined) continue;
      const kept = settled.find((one) => one.clone === clone);
      const given =
        told.kind === 'failure' ? told.saved : told.outcomes.filter(({ kind }) => kind === 'accepted');
      for (const { op, id } of given) {
        if (id === undefined || asked.find((one) => one.op === op)?.verb !== 'create') continue;
        const now = idOf.get(op);
        if (
          now === undefined &&
          !isTaken(plan, clone) &&
          !kept?.rejected.includes(op) &&
          !kept?.pending.includes(op)
        )
          yield {
            kind: 'vanished',
            text: `${process} was told that it made ${id}, which is not on the branch and not kept`,
          };
        else if (now !== undefined && now !== id)
          yield {
            kind: 'renamed',
            text: `${process} was told that it made ${id}, which is ${now} on the branch`,
          };
      }
    }
  },
};

/** All that callers asked for by a command. */
export const opsOf = (calls: Evidence['calls']): ReadonlySet<string> =>
  new Set(calls.flatMap(({ asked }) => asked.map(({ op }) => op)));

/** When the branch of the remote first had each commit. */
export function arrivals({ moves, history }: Pick<Evidence, 'moves' | 'history'>): Map<string, number> {
  const arrived = new Map<string, number>();
  for (const { ref, to, at } of moves)
    if (ref === BRANCH) for (const { oid } of history.lineTo(to)) if (!arrived.has(oid)) arrived.set(oid, at);
  return arrived;
}

export const executionOf = (item: ItemFile | undefined): unknown =>
  (item?.claim as { execution_id?: string } | undefined)?.execution_id;

/** Without what has no name. */
function groupBy(
  commits: readonly LedgerCommit[],
  keyOf: (commit: LedgerCommit) => string | undefined,
): Map<string, LedgerCommit[]> {
  const found = new Map<string, LedgerCommit[]>();
  for (const commit of commits) {
    const key = keyOf(commit);
    if (key !== undefined) found.set(key, [...(found.get(key) ?? []), commit]);
  }
  return found;
}
