import { LEASE_S } from '../worker.ts';
import { arrivals, executionOf, opsOf } from './branch.ts';
import { type Evidence, isOfMachine, type Oracle } from './oracle.ts';

/** The transition that a worker means by how an execution ended. */
const MEANT: Readonly<Record<string, string>> = {
  completed: 'complete',
  submitted: 'submit',
  failed: 'fail',
  released: 'release',
};

/** The lease of whoever works, and what it may take to notice that it is over. */
const LEASE_MS = LEASE_S * 1_000;
const NOTICED_MS = 10_000;

export const workers: Oracle = {
  name: 'workers',
  promise:
    'What a worker says of its work is so, nobody takes work from an agent that is at it, and none is at it whose lease is over.',
  *check({ branch, plan, history, agents, endings, ...evidence }) {
    if (plan.faults.some(({ kind }) => kind === 'rewritten')) return;
    // Other processes of a clone act on its claims, too, under the same name.
    const asked = opsOf(evidence.calls);
    const namesOf = (commits: Evidence['branch']): ReadonlySet<string> =>
      new Set(commits.map(({ verb, execution }) => `${verb} ${execution}`));
    const [made, own] = [namesOf(branch), namesOf(branch.filter(({ op }) => !asked.has(op ?? '')))];
    for (const { process, execution_id, type, where } of endings) {
      const verb = MEANT[type];
      if (verb !== undefined && where === 'remote' && !made.has(`${verb} ${execution_id}`))
        yield {
          kind: `${type} and gone`,
          text: `${process} ${type} ${execution_id}, and the branch has no ${verb}`,
        };
      if (type === 'superseded' && own.has(`complete ${execution_id}`))
        yield {
          kind: 'superseded and done',
          text: `${process} was superseded in ${execution_id}, and completed it`,
        };
    }
    const arrived = arrivals({ history, ...evidence });
    const rests = plan.faults.filter((fault) => fault.kind === 'stop' || fault.kind === 'sleep');
    const isOf = (fault: (typeof rests)[number], process: string): boolean =>
      fault.kind === 'stop'
        ? fault.process === process
        : isOfMachine(plan, fault.clone, process.split('.')[0] ?? '');
    for (const { process, id, execution_id, from, until = Number.POSITIVE_INFINITY } of agents) {
      const own = rests.filter((fault) => isOf(fault, process));
      for (const rest of own) {
        const known = rest.until + NOTICED_MS;
        // What the remote takes of it begins its lease anew.
        const isRenewed = branch.some(
          ({ oid, execution }) =>
            execution === execution_id &&
            rest.until <= (arrived.get(oid) ?? 0) &&
            (arrived.get(oid) ?? 0) < known,
        );
        const isAwake = own.every((one) => one === rest || one.until <= rest.from || one.from >= known);
        if (rest.until - rest.from >= LEASE_MS && isAwake && !isRenewed && from < rest.from && until > known)
          yield {
            kind: 'at work after its lease',
            text: `${process} works on ${id} ${NOTICED_MS / 1_000} s after it stood still for longer than its lease`,
          };
      }
    }
    // Whoever stands still, or is slow, cannot tell that it lives.
    const slow = new Set(plan.faults.flatMap((fault) => (fault.kind === 'slow' ? [fault.process] : [])));
    const isUnable = (process: string): boolean =>
      slow.has(process) || rests.some((rest) => isOf(rest, process));
    for (const { verb, op, id, oid, parent } of branch) {
      if (verb !== 'recover' || asked.has(op ?? '')) continue;
      const at = arrived.get(oid) ?? 0;
      const execution = executionOf(history.item(parent, id ?? ''));
      const atWork = agents.find(
        ({ execution_id, process, from, until = Number.POSITIVE_INFINITY }) =>
          execution_id === execution && !isUnable(process) && from <= at && at < until,
      );
      if (atWork !== undefined)
        yield {
          kind: 'given back at work',
          text: `${id} was given back while ${atWork.process} worked on it`,
        };
    }
  },
};
