import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/domain/commands.ts';
import { decide } from '../../src/domain/decide.ts';
import type { ErrorCode } from '../../src/domain/errors.ts';
import { isHeld } from '../../src/domain/holding.ts';
import { WORK_STATUSES, type WorkItem, type WorkStatus } from '../../src/domain/item.ts';
import { workItemSchema } from '../../src/domain/item-schema.ts';
import type { TransitionRow } from '../../src/domain/verbs/define.ts';
import type { VerbInput } from '../../src/domain/verbs.ts';
import { isVerb, TRANSITIONS, VERBS, type Verb } from '../../src/domain/verbs.ts';
import { ask, FakeView, idOf, itemOf, opOf, refusal, time } from '../helpers/fake-view.ts';

const OWNER = 'ada';
const CREATOR = 'carol';
const OTHER = 'bob';
const ID = idOf(1);

/** Every place an item can be in: `blocked` twice, since one that was never claimed has no holder. */
const SITUATIONS = ['none', ...WORK_STATUSES, 'blocked unclaimed'] as const;
type Situation = (typeof SITUATIONS)[number];

function itemIn(situation: Exclude<Situation, 'none'>): WorkItem {
  const status: WorkStatus = situation === 'blocked unclaimed' ? 'blocked' : situation;
  const claimed = status !== 'pending' && situation !== 'blocked unclaimed';
  return workItemSchema().parse({
    schema: 1,
    id: ID,
    rev: 5,
    last_op: opOf(900_000),
    title: 'Target',
    status,
    owner: claimed ? OWNER : undefined,
    execution_id: claimed ? 'exec-1' : undefined,
    created_at: time(-60),
    created_by: CREATOR,
    updated_at: time(-5),
    claim: claimed ? { epoch: 3, execution_id: 'exec-1', claimed_at: time(-30), ttl_s: 60 } : undefined,
    attempts: 1,
    acceptance: [{ text: 'works' }],
    block:
      status === 'blocked'
        ? { reason: 'waits', since: time(-5), from: claimed ? 'in_progress' : 'pending' }
        : undefined,
    review: status === 'in_review' ? { requested_at: time(-5), requested_by: OWNER } : undefined,
  });
}

function viewIn(situation: Situation): FakeView {
  const view = new FakeView();
  return situation === 'none' ? view : view.put(itemIn(situation));
}

const OBSERVED = { epoch: 3, execution_id: 'exec-1', checkpoint_at: undefined };

/** What each verb needs; nothing in it is a reason to be refused. */
const INPUTS: { [V in Verb]: VerbInput[V] } = {
  create: { id: ID, fields: { title: 'Target' } },
  import: { id: ID, item: itemIn('in_review') },
  assign: { id: ID, owner: 'zoe' },
  claim: { id: ID, execution_id: 'exec-new' },
  start: { id: ID, execution_id: 'exec-new' },
  release: { id: ID },
  checkpoint: { id: ID, checkpoint: { step: 'two' } },
  link_execution: { id: ID, link: 'exec-new' },
  block: { id: ID, reason: 'stop' },
  unblock: { id: ID },
  submit: { id: ID, result: { ok: true } },
  approve: { id: ID },
  reject: { id: ID, reason: 'no' },
  withdraw: { id: ID },
  complete: { id: ID, result: { ok: true } },
  fail: { id: ID, error: 'broke' },
  retry: { id: ID },
  cancel: { id: ID },
  reopen: { id: ID, reason: 'again' },
  recover: { id: ID, reason: 'silent', observed: OBSERVED },
  accept: { id: ID, met: ['works'] },
  update: { id: ID, patch: { set: { title: 'Other' } } },
  comment: { id: ID, body: 'hello' },
  delete: { id: ID },
};

function commandIn(situation: Situation, verb: Verb, actor: string): Command {
  // Who starts a blocked item again is the execution that blocked it.
  const resumes = verb === 'start' && situation === 'blocked' && actor === OWNER;
  const input = { ...INPUTS[verb], ...(resumes ? { execution_id: 'exec-1' } : {}) };
  return { ...(ask<Verb>(verb, input as VerbInput[Verb]) as Command), actor, op: opOf(1), at: time() };
}

/** What the table says of one cell: a refusal's code, or the status that follows (`undefined` where the file goes). */
function expected(
  verb: Verb,
  situation: Situation,
  actor: string,
): { code: ErrorCode } | { to: WorkStatus | undefined } {
  const row: TransitionRow = TRANSITIONS[verb];
  const isNew = row.from.includes('none');
  if (situation === 'none') {
    if (!isNew) return { code: 'NOT_FOUND' };
    return { to: row.to === 'any' ? 'in_review' : (row.to as WorkStatus) };
  }
  if (isNew) return { code: 'ID_TAKEN' };
  const item = itemIn(situation);
  const held = isHeld(item);
  if (!row.from.includes(item.status)) {
    const taking = verb === 'claim' || verb === 'start';
    return { code: taking && held ? 'ALREADY_CLAIMED' : 'ILLEGAL_TRANSITION' };
  }
  if (!isAllowed(row.by, held, actor)) return { code: 'NOT_OWNER' };
  if (row.to === 'same') return { to: item.status };
  if (row.to === 'gone') return { to: undefined };
  if (row.to === 'pending_or_failed') return { to: item.attempts < 3 ? 'pending' : 'failed' };
  if (row.to === 'as_approved') return { to: 'completed' };
  if (row.to === 'as_held') return { to: held ? 'in_progress' : 'pending' };
  return { to: row.to as WorkStatus };
}

function isAllowed(right: TransitionRow['by'], held: boolean, actor: string): boolean {
  switch (right) {
    case 'anyone':
      return true;
    case 'owner':
      return held && actor === OWNER;
    case 'assignee':
    case 'owner_once_claimed':
      return !held || actor === OWNER;
    case 'creator_or_owner':
      return actor === CREATOR || (held && actor === OWNER);
    case 'not_owner':
      return actor !== OWNER;
    default:
      return right satisfies never;
  }
}

describe.each(VERBS)('%s', (verb) => {
  describe.each(SITUATIONS)('given an item that is %s', (situation) => {
    test.each([
      ['its owner', OWNER],
      ['its creator', CREATOR],
      ['someone else', OTHER],
    ])('when %s asks, then the table decides', (_who, actor) => {
      const view = viewIn(situation);
      const command = commandIn(situation, verb, actor);
      const outcome = expected(verb, situation, actor);
      if ('code' in outcome) {
        const error = refusal(() => decide(view, command));
        expect(error.code).toBe(outcome.code);
        if (situation !== 'none' && outcome.code !== 'ID_TAKEN') {
          const { status, owner, claim } = itemIn(situation);
          expect(error.details).toMatchObject({
            id: ID,
            status,
            owner: owner ?? null,
            epoch: claim?.epoch ?? null,
          });
          expect(error.hint).toBeTypeOf('string');
        }
        return;
      }
      const decision = decide(view, command);
      expect(decision.kind).toBe('transition');
      if (decision.kind !== 'transition') return;
      const { before, after, event } = decision;
      expect(before).toEqual(situation === 'none' ? undefined : itemIn(situation));
      expect(after?.status).toBe(outcome.to);
      expect(event).toMatchObject({
        verb,
        id: ID,
        actor,
        op: opOf(1),
        at: time(),
        rev: (before?.rev ?? 0) + 1,
      });
      expect([event.from, event.to]).toEqual([before?.status, outcome.to]);
      expect(event.title).toBe((after ?? before)?.title);
      if (after !== undefined) {
        expect(after).toMatchObject({ id: ID, rev: (before?.rev ?? 0) + 1, last_op: opOf(1) });
        expect(workItemSchema().parse(after)).toEqual(after);
        if (before !== undefined) expect(after.updated_at).toBe(time());
      }
    });
  });
});

describe('the table itself', () => {
  const OPEN = ['pending', 'in_progress', 'blocked', 'in_review'];
  const ENDS = ['completed', 'failed', 'cancelled'];

  /** `docs/format.md`, "Transitions", row by row. */
  test.each([
    ['create', ['none'], 'pending'],
    ['import', ['none'], 'any'],
    ['assign', ['pending'], 'same'],
    ['claim', ['pending'], 'in_progress'],
    ['start', ['pending', 'blocked'], 'in_progress'],
    ['release', ['in_progress', 'blocked'], 'pending'],
    ['checkpoint', ['in_progress', 'blocked'], 'same'],
    ['link_execution', ['in_progress'], 'same'],
    ['block', ['pending', 'in_progress'], 'blocked'],
    ['unblock', ['blocked'], 'as_held'],
    ['submit', ['in_progress'], 'in_review'],
    ['approve', ['in_review'], 'as_approved'],
    ['reject', ['in_review'], 'in_progress'],
    ['withdraw', ['in_review'], 'in_progress'],
    ['complete', ['in_progress'], 'completed'],
    ['fail', ['in_progress'], 'failed'],
    ['retry', ['failed'], 'pending'],
    ['cancel', OPEN, 'cancelled'],
    ['reopen', ENDS, 'pending'],
    ['recover', ['in_progress'], 'pending_or_failed'],
    ['update', [...OPEN, ...ENDS], 'same'],
    ['comment', [...OPEN, ...ENDS], 'same'],
    ['delete', ENDS, 'gone'],
  ] as const)(
    'given the format, when %s is looked up, then it leads from where the format says',
    (verb, from, to) => {
      expect([...TRANSITIONS[verb].from].sort()).toEqual([...from].sort());
      expect(TRANSITIONS[verb].to).toBe(to);
    },
  );

  test('given the format, when verbs are counted, then there are no others', () => {
    expect(VERBS).toHaveLength(24);
    expect(VERBS.every(isVerb)).toBe(true);
    for (const word of ['', 'configure', 'constructor', 'toString', '__proto__'])
      expect(isVerb(word)).toBe(false);
  });

  test('given an example of each situation, when it is read, then it is what its name says', () => {
    for (const situation of SITUATIONS) {
      if (situation === 'none') continue;
      const held = ['in_progress', 'blocked', 'in_review'].includes(situation);
      expect(isHeld(itemIn(situation)), situation).toBe(held);
      expect(itemOf({ kind: 'unchanged', item: itemIn(situation) }).id).toBe(ID);
    }
  });
});
