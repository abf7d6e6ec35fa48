import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/domain/commands.ts';
import { type Decision, decide } from '../../src/domain/decide.ts';
import { isLedgerError } from '../../src/domain/errors.ts';
import { isHeld } from '../../src/domain/holding.ts';
import { compareText, isTerminal } from '../../src/domain/item.ts';
import { ITEM_KEYS } from '../../src/domain/item-keys.ts';
import { workItemSchema } from '../../src/domain/item-schema.ts';
import { VERBS, type Verb } from '../../src/domain/verbs.ts';
import { commandFor, commandOf, workItem } from '../helpers/arbitraries.ts';
import { ask, FakeView, idOf, itemOf, opOf, refusal, time } from '../helpers/fake-view.ts';
import { runs } from '../helpers/runs.ts';

const ID = idOf(1);

function attempt(view: FakeView, command: Command): Decision | undefined {
  try {
    return decide(view, command);
  } catch (error) {
    if (isLedgerError(error)) return undefined;
    throw error;
  }
}

/** Walks a ledger from nothing, and calls `visit` with each command that was decided. */
function walk(visit: (view: FakeView, command: Command, decision: Decision) => void): void {
  fc.assert(
    fc.property(fc.gen(), (generate) => {
      const view = new FakeView();
      for (let step = 0; step < 20; step += 1) {
        const command = generate(() => commandFor(view));
        const decision = attempt(view, command);
        if (decision === undefined) continue;
        visit(view, command, decision);
        if (decision.kind === 'transition') view.apply(decision);
      }
    }),
    { numRuns: runs(25) },
  );
}

describe('every transition', () => {
  test('given any command, when it is decided, then revision, op and time step by one, and the item is valid', () => {
    walk((_view, command, decision) => {
      if (decision.kind === 'unchanged') return;
      const { before, after, event } = decision;
      expect(event).toMatchObject({
        verb: command.verb,
        op: command.op,
        actor: command.actor,
        at: command.at,
      });
      expect(event.rev).toBe((before?.rev ?? 0) + 1);
      if (after === undefined) return;
      expect(after.rev).toBe(event.rev);
      expect(after.last_op).toBe(command.op);
      if (command.verb !== 'import') expect(after.updated_at).toBe(command.at);
      expect(JSON.stringify(workItemSchema().parse(after))).toBe(JSON.stringify(after));
    });
  });

  test('given any command, when it is decided, then the epoch never falls, and rises by one only where it is claimed', () => {
    walk((_view, command, decision) => {
      if (decision.kind === 'unchanged' || decision.before === undefined || decision.after === undefined)
        return;
      const { before, after } = decision;
      const risen = (after.claim?.epoch ?? 0) - (before.claim?.epoch ?? 0);
      const taken = command.verb === 'claim' || (command.verb === 'start' && !isHeld(before));
      expect(risen).toBe(taken ? 1 : 0);
    });
  });

  test('given any command, when it is decided, then who made the item, when, and its id stay', () => {
    walk((_view, _command, decision) => {
      if (decision.kind === 'unchanged' || decision.before === undefined || decision.after === undefined)
        return;
      const { id, created_at, created_by, schema } = decision.before;
      expect(decision.after).toMatchObject({ id, created_at, created_by, schema });
    });
  });

  test('given any command, when it is decided, then the ledger and the command are as they were', () => {
    walk((view, command, decision) => {
      const before = JSON.stringify([view.items(), command]);
      expect(JSON.stringify(decide(view, command))).toBe(JSON.stringify(decision));
      expect(JSON.stringify([view.items(), command])).toBe(before);
    });
  });

  test('given any command, when it is decided, then an ended item is held by nobody and an open one has no end', () => {
    walk((_view, command, decision) => {
      if (decision.kind === 'unchanged' || decision.after === undefined || command.verb === 'import') return;
      const { after } = decision;
      expect(after.completed_at !== undefined).toBe(isTerminal(after.status));
      if (isTerminal(after.status)) expect(isHeld(after)).toBe(false);
      expect(after.status === 'blocked').toBe(after.block !== undefined);
    });
  });

  const KEEPING = VERBS.filter((verb) => verb !== 'create' && verb !== 'import' && verb !== 'delete');
  test.each(KEEPING)(
    'given an item with unknown keys, when it is changed by %s, then they are kept',
    (verb) => {
      const situation = workItem({ id: ID }).chain((item) =>
        fc.tuple(fc.constant(item), commandOf(verb, { id: ID, item, refs: [] })),
      );
      const unknown = (item: object): string =>
        JSON.stringify(
          Object.entries(item)
            .filter(([key]) => !(ITEM_KEYS as readonly string[]).includes(key))
            .sort(([a], [b]) => compareText(a, b)),
        );
      fc.assert(
        fc.property(situation, ([some, command]) => {
          const item = { ...some, parent_id: undefined, zz_later: { kept: [1] } };
          const decision = attempt(new FakeView().put(item), command);
          const after = decision?.kind === 'transition' ? decision.after : undefined;
          // Most items do not allow this verb: they are passed over, and do not count as runs.
          fc.pre(after !== undefined);
          expect(unknown(after ?? {})).toBe(unknown(item));
        }),
        { numRuns: runs(20), maxSkipsPerRun: 1000 },
      );
    },
  );
});

describe('the request', () => {
  const view = () => {
    const made = new FakeView();
    made.do('create', { id: ID, fields: { title: 'Target' } });
    made.do('cancel', { id: ID });
    return made;
  };
  const verbs: Verb[] = ['comment', 'delete', 'reopen', 'update', 'create', 'import'];
  const valid = (verb: Verb): Command => {
    const inputs = {
      comment: ask('comment', { id: ID, body: 'x' }),
      delete: ask('delete', { id: ID }),
      reopen: ask('reopen', { id: ID, reason: 'x' }),
      update: ask('update', { id: ID, patch: { set: { title: 'x' } } }),
      create: ask('create', { fields: { title: 'x' } }),
      import: ask('import', { id: idOf(9), item: view().get(ID) }),
    };
    return inputs[verb as keyof typeof inputs];
  };

  test.each(verbs)(
    'given an actor, op or time that could forge a trailer, when %s is asked, then it is refused',
    (verb) => {
      expect(decide(view(), valid(verb)).kind).toBe('transition');
      for (const forged of [
        { actor: 'ada\nWork-Verb: complete' },
        { actor: 'ada <ada@example.org>' },
        { actor: '' },
        { at: `${time()}\nWork-Rev: 9` },
        { at: 'now' },
        { op: 'x' },
        { op: `${opOf(1)}\n` },
        { op: opOf(1).toUpperCase() },
      ]) {
        const command = { ...valid(verb), ...forged } as Command;
        expect(refusal(() => decide(view(), command)).code).toBe('INVALID_INPUT');
      }
    },
  );

  test('given an id that no item has, when asked for, then it is not found', () => {
    expect(refusal(() => view().do('comment', { id: idOf(99), body: 'x' }))).toMatchObject({
      code: 'NOT_FOUND',
      details: { id: idOf(99) },
    });
  });

  test('given a damaged item, when it is changed, then that is refused and others go on', () => {
    const ledger = view().damage(ID);
    expect(refusal(() => ledger.do('comment', { id: ID, body: 'x' })).code).toBe('DAMAGED_ITEM');
    expect(itemOf(ledger.run(ask('create', { fields: { title: 'Other' } }))).id).toBe(idOf(2));
  });

  test('given a reason of many lines and a thousand characters, when recorded, then it is one line of at most that', () => {
    const decision = decide(view(), ask('reopen', { id: ID, reason: `a\r\n\tb\u001b${' c'.repeat(900)}` }));
    const reason = decision.kind === 'transition' ? (decision.event.reason ?? '') : '';
    expect(reason.startsWith('a b c c')).toBe(true);
    expect(reason.endsWith('…')).toBe(true);
    expect([...reason]).toHaveLength(1000);
  });

  test('given no reason where none is needed, when recorded, then there is none', () => {
    for (const reason of [undefined, '', ' \n']) {
      expect(decide(view(), ask('delete', { id: ID, reason }))).toMatchObject({
        event: { reason: undefined },
      });
    }
  });
});

describe('the event', () => {
  test.each([
    ['create', false],
    ['claim', true],
    ['checkpoint', true],
    ['comment', false],
    ['update', false],
    ['block', true],
    ['unblock', false],
    ['release', true],
  ] as const)(
    'given the life of an item, when it comes to %s, then the commit says an epoch: %s',
    (verb, fenced) => {
      const view = new FakeView();
      const life: Command[] = [
        ask('create', { id: ID, fields: { title: 'Target' } }),
        ask('claim', { id: ID, execution_id: 'exec-1' }),
        ask('checkpoint', { id: ID, checkpoint: {} }),
        ask('comment', { id: ID, body: 'x' }),
        ask('update', { id: ID, patch: { set: { title: 'Other' } } }),
        ask('block', { id: ID, reason: 'x' }),
        ask('unblock', { id: ID }),
        ask('release', { id: ID }),
      ];
      const decision = life.map((command) => view.run(command)).find((_it, n) => life[n]?.verb === verb);
      const expected = fenced ? [1, 'exec-1'] : [undefined, undefined];
      if (decision?.kind !== 'transition') throw new Error('nothing changed');
      expect([decision.event.epoch, decision.event.execution_id]).toEqual(expected);
      expect(decision.event.title).toBe(decision.after?.title);
    },
  );

  test('given a block of an item that nobody holds now, when recorded, then it says no epoch, though there was one', () => {
    const view = new FakeView();
    view.do('create', { id: ID, fields: { title: 'Target' } });
    view.do('claim', { id: ID, execution_id: 'exec-1' });
    view.do('release', { id: ID });
    expect(decide(view, ask('block', { id: ID, reason: 'x' }))).toMatchObject({
      event: { epoch: undefined, execution_id: undefined },
    });
  });
});
