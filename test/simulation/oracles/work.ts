import { arrivals, executionOf, opsOf } from './branch.ts';
import type { Evidence, Oracle } from './oracle.ts';

/** The transition that a worker means by how an execution ended. */
const MEANT: Readonly<Record<string, string>> = {
  completed: 'complete',
  submitted: 'submit',
  failed: 'fail',
  released: 'release',
};

export const workers: Oracle = {
  name: 'workers',
  promise: 'What a worker says of its work is so, and nobody takes work from an agent that is at it.',
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
    // Whoever stands still, or is slow, cannot tell that it lives.
    const unable = new Set(
      plan.faults.flatMap((fault) => (fault.kind === 'stop' || fault.kind === 'slow' ? [fault.process] : [])),
    );
    for (const { verb, op, id, oid, parent } of branch) {
      if (verb !== 'recover' || asked.has(op ?? '')) continue;
      const at = arrived.get(oid) ?? 0;
      const execution = executionOf(history.item(parent, id ?? ''));
      const atWork = agents.find(
        ({ execution_id, process, from, until = Number.POSITIVE_INFINITY }) =>
          execution_id === execution && !unable.has(process) && from <= at && at < until,
      );
      if (atWork !== undefined)
        yield {
          kind: 'given back at work',
          text: `${id} was given back while ${atWork.process} worked on it`,
        };
    }
  },
};
