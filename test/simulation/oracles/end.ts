import { BRANCH } from '../world/host.ts';
import { isOfMachine, type Oracle } from './oracle.ts';

/** What a new ledger allows clocks to differ by: `clock_skew_s`. */
const ALLOWED_MS = 300_000;

export const verified: Oracle = {
  name: 'verified',
  promise: 'What honest clones shared verifies clean.',
  *check({ settled, branch, plan, history, forged }) {
    const shared = new Set(branch.map(({ oid }) => oid));
    // A commit that a person put there is not of an honest clone.
    if (plan.faults.some((fault) => fault.kind === 'rewritten' && fault.what === 'replaced')) return;
    const said = new Map(
      settled.flatMap(({ findings }) => findings.map((one) => [`${one.rule} ${one.commit}`, one])),
    );
    // A clock that is further off than a ledger allows is found, as it should be: where its clone commits, or looks at its own.
    const off = new Set(
      plan.faults.flatMap((fault) =>
        fault.kind === 'skew' && Math.abs(fault.ahead_ms) > ALLOWED_MS ? [fault.clone] : [],
      ),
    );
    for (const { rule, commit, message } of said.values()) {
      if (!shared.has(commit) || forged.has(commit)) continue;
      const isOfClock = off.has(history.commit(commit).clone) || message.includes('here it is');
      if (rule === 'clock' && off.size > 0 && isOfClock) continue;
      yield { kind: rule, text: `verify finds ${rule} at ${commit.slice(0, 7)}: ${message}` };
    }
  },
};

export const found: Oracle = {
  name: 'found',
  promise: 'What is wrong on the branch is found, unless somebody answers for that very thing.',
  *check({ settled, branch, forged, acknowledged }) {
    const told = new Set(settled.flatMap(({ findings }) => findings.map(({ commit }) => commit)));
    if (!settled.some(({ failed }) => failed === undefined)) return;
    for (const { oid } of branch)
      if (forged.has(oid) && !told.has(oid) && !acknowledged.has(oid))
        yield { kind: 'hidden', text: `${oid.slice(0, 7)} is no transition, and verify does not say so` };
  },
};

/** A call may be told so by a push of each thing that it is for: what waited before it, and what it asks for. */
const MOST_ASKED = 2;

export const reasons: Oracle = {
  name: 'reasons',
  promise: 'Whoever is told that others were first was not first; who may not write is told so.',
  *check({ calls, moves, denials, plan }) {
    // A remote that is read as it was is behind whoever pushes there.
    const isOld = plan.faults.some(({ kind }) => kind === 'lag' || kind === 'rewritten');
    for (const { process, clone, what, began, ended = began, told } of calls) {
      const codes = told?.kind === 'failure' ? [told.code] : (told?.outcomes.map(({ code }) => code) ?? []);
      const text = `${process} ${what}, and was told ${codes.join(', ')}`;
      const moved = moves.some(
        ({ ref, at, by }) => ref === BRANCH && by !== clone && began <= at && at <= ended,
      );
      if (codes.includes('CONTENDED') && !moved && !isOld) yield { kind: 'nobody was first', text };
      const isMeant = (kind: 'denied' | 'refusal'): boolean =>
        plan.faults.some(
          (fault) =>
            fault.kind === kind && fault.clone === clone && fault.from <= began && ended < fault.until,
        );
      if (codes.some((code) => code === 'CONTENDED' || code === 'REMOTE_REFUSED') && isMeant('denied'))
        yield { kind: 'denied, and told otherwise', text };
      if (codes.includes('CONTENDED') && isMeant('refusal'))
        yield { kind: 'refused, and told otherwise', text };
      const mayLackRights = plan.faults.some((fault) => fault.kind === 'denied' && fault.clone === clone);
      if (codes.includes('PUSH_DENIED') && !mayLackRights && !isOld)
        yield { kind: 'nobody lacks rights', text };
      const isAlone = plan.callers.filter((caller) => caller.clone === clone).length === 1;
      const asked = denials.filter(({ at, by }) => by === clone && began <= at && at <= ended).length;
      if (isAlone && asked > MOST_ASKED)
        yield { kind: 'denied, and asked again', text: `${text}, after it was denied ${asked} times` };
    }
  },
};

export const converged: Oracle = {
  name: 'converged',
  promise:
    'Once all is mended and everybody synced, all clones have the shared branch, and nothing is pending.',
  *check({ settled, branch, plan }) {
    // Whoever saw what a person took away stays where it was, until a person says what is right.
    if (plan.faults.some(({ kind }) => kind === 'rewritten')) return;
    const tip = branch.at(-1)?.oid;
    for (const one of settled) {
      if (one.failed !== undefined) yield { kind: 'cannot be asked', text: `${one.clone}: ${one.failed}` };
      else if (one.tip !== tip || one.pending.length > 0)
        yield {
          kind: 'apart',
          text: `${one.clone} is at ${one.tip?.slice(0, 7)} with ${one.pending.length} pending, and the branch at ${tip?.slice(0, 7)}`,
        };
    }
  },
};

/** The patience of a call, and what it may take to notice. */
const LONGEST_MS = 65_000;
/** What needs no network waits for none. */
const LONGEST_OFFLINE_MS = 5_000;

export const patience: Oracle = {
  name: 'patience',
  promise: 'No call takes longer than its deadline of 60 s, give or take 5 s.',
  *check({ calls, plan }) {
    for (const { process, clone, mode, what, began, ended, told } of calls) {
      if (what.startsWith('works')) continue;
      const isOffline = mode === 'local' && what.startsWith('asks');
      const longest = isOffline ? LONGEST_OFFLINE_MS : LONGEST_MS;
      if (told === undefined || ended === undefined || ended - began <= longest) continue;
      // Whoever stands still, or waits for slow things in a row, is not kept by anyone.
      const own = plan.faults.some(
        (fault) =>
          ((fault.kind === 'stop' || fault.kind === 'slow') && fault.process === process) ||
          (fault.kind === 'sleep' && isOfMachine(plan, fault.clone, clone)),
      );
      if (own) continue;
      const stopped = plan.faults.some(
        (fault) => fault.kind === 'stop' && fault.process.startsWith(`${clone}.`),
      );
      const died = plan.faults.some(
        (fault) =>
          fault.kind === 'kill' && fault.process.startsWith(`${clone}.`) && fault.process !== process,
      );
      const kind = isOffline ? 'offline behind the network' : died ? 'behind a dead process' : 'too long';
      yield {
        kind: stopped ? 'behind a stopped process' : kind,
        text: `${process} ${what}, and was told after ${Math.round((ended - began) / 1_000)} s`,
      };
    }
  },
};

export const answered: Oracle = {
  name: 'answered',
  promise: 'Every call of a process that lives ends.',
  *check({ calls }) {
    for (const { process, what, told, ended } of calls)
      if (told === undefined && ended !== undefined)
        yield { kind: 'never', text: `${process} ${what}, and was never told anything` };
  },
};
