import type { ItemFile, Settings } from './history.ts';
import type { Oracle } from './oracle.ts';

const ENDED: ReadonlySet<unknown> = new Set(['completed', 'failed', 'cancelled']);
const isOpen = ({ status }: ItemFile): boolean => !ENDED.has(status);

/** What the branch shows of items that are parts of others, and of the policy at each commit. */
export const parents: Oracle = {
  name: 'parents',
  promise:
    'What ended takes no parts, nothing is completed before its parts, and of what failed no part is taken.',
  *check({ branch, history }) {
    for (const { oid, parent, verb, id } of branch) {
      if (id === undefined) continue;
      const [before, after] = [history.item(parent, id), history.item(oid, id)];
      if (after === undefined) continue;
      if (after.status === 'completed' && before?.status !== 'completed') {
        const parts = history.items(parent).filter((one) => one.parent_id === id && isOpen(one));
        if (parts.length > 0)
          yield { kind: 'before its parts', text: `${id} was completed, and ${parts[0]?.id} is open` };
      }
      const above = after.parent_id === undefined ? undefined : history.item(parent, String(after.parent_id));
      if (above === undefined || isOpen(above)) continue;
      if (before?.parent_id !== after.parent_id && isOpen(after))
        yield {
          kind: 'a part of what ended',
          text: `${id} became a part of ${above.id}, which is ${above.status}`,
        };
      if ((verb === 'claim' || verb === 'start') && before?.status === 'pending')
        yield { kind: 'a part was taken', text: `${id} was taken, and ${above.id} is ${above.status}` };
    }
  },
};

export const policy: Oracle = {
  name: 'policy',
  promise: 'Each transition is allowed by the policy of the commit that it is made on.',
  *check({ branch, history }) {
    for (const { parent, verb = '', id, author } of branch) {
      const [settings, before] = [history.settings(parent), history.item(parent, id ?? '')];
      const text = `${author} made ${verb} of ${id}`;
      if (id !== undefined && !isAdmitted(settings, { verb, author, before }))
        yield { kind: verb, text: `${text}, which the policy leaves to others` };
      if (verb === 'complete' && needsReview(settings, before))
        yield { kind: 'without a review', text: `${text}, which needs a review` };
      if (verb === 'approve' && before?.owner === author)
        yield { kind: 'own work', text: `${text}, which is their own work` };
    }
  },
};

/** What follows by itself, or gives back what is held by nobody any more, is not asked about here. */
const BY_ITSELF: ReadonlySet<string> = new Set([
  '',
  'configure',
  'acknowledge',
  'unblock',
  'recover',
  'create',
]);

/** By the last rule that names the verb. */
function isAdmitted(
  { allow = [], roles = {} }: Settings,
  { verb, author, before }: { verb: string; author: string; before: ItemFile | undefined },
): boolean {
  if (BY_ITSELF.has(verb)) return true;
  const rule = allow.findLast(({ verbs }) =>
    [verb, verb === 'start' ? 'claim' : verb, '*'].some((one) => verbs.includes(one)),
  );
  if (rule === undefined) return true;
  return rule.roles.some((role) => {
    if (role === 'anyone') return true;
    if (role === 'creator') return before?.created_by === author;
    if (role === 'owner') return before?.owner === author;
    return roles[role]?.members.includes(author) === true;
  });
}

const needsReview = ({ review = [] }: Settings, before: ItemFile | undefined): boolean =>
  (review.findLast(({ types }) => types === undefined || types.includes(String(before?.type)))?.approvals ??
    review.length) > 0;
