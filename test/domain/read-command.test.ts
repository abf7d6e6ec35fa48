import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeItem, encodeItem } from '../../src/codec/item.ts';
import { decodeMessage, encodeMessage } from '../../src/codec/message.ts';
import { stateOf } from '../../src/codec/path.ts';
import type { Command } from '../../src/domain/commands.ts';
import { readCommand } from '../../src/domain/commands.ts';
import { decide, type Transition } from '../../src/domain/decide.ts';
import { isLedgerError } from '../../src/domain/errors.ts';
import type { WorkItem } from '../../src/domain/item.ts';
import { unknownKeys } from '../../src/domain/item-keys.ts';
import { TRANSITIONS, VERBS, type Verb } from '../../src/domain/verbs.ts';
import type { LedgerView } from '../../src/domain/view.ts';
import { commandFor, commandOf, workItem } from '../helpers/arbitraries.ts';
import { ask, FakeView, idOf, time } from '../helpers/fake-view.ts';
import { runs } from '../helpers/runs.ts';

/** The item as whoever opens its file finds it. */
function reread(item: WorkItem): WorkItem {
  const read = decodeItem(encodeItem(item), item.id, stateOf(item.status));
  if (read.kind === 'damaged')
    throw new Error(`a transition wrote a damaged file: ${JSON.stringify(read.problem)}`);
  return read.item;
}

/** A ledger whose items have been through their files. */
const ledger = (): FakeView => new FakeView({}, reread);

const bytes = (item: WorkItem | undefined): string | undefined => item && encodeItem(item).toString();

/** The transition that a command makes; `undefined` where it is refused or changes nothing. */
function attempt(view: LedgerView, command: Command): Transition | undefined {
  try {
    const decision = decide(view, command);
    // A file too large to write is refused when it is written, before anything is committed.
    if (decision.kind === 'unchanged') return undefined;
    if (decision.after !== undefined) encodeItem(decision.after);
    return decision;
  } catch (error) {
    if (isLedgerError(error)) return undefined;
    throw error;
  }
}

/** Reads the command back from blobs and message alone, decides it again, and expects the very same commit. */
function expectReadBack(view: LedgerView, { before, after, event }: Transition): void {
  const message = encodeMessage(event);
  const decoded = decodeMessage(message);
  if (decoded.kind === 'problem') throw new Error(`${decoded.message} in\n${message}`);
  const command = readCommand(decoded.event, before && reread(before), after && reread(after));
  if (command === undefined) throw new Error(`no command was read from\n${message}`);
  const again = decide(view, command);
  if (again.kind === 'unchanged')
    throw new Error(`deciding ${JSON.stringify(command)} again changes nothing`);
  expect(bytes(again.after)).toBe(bytes(after));
  expect(encodeMessage(again.event)).toBe(message);
}

const COMPLETED = idOf(9001);
const OPEN = idOf(9002);
const OTHER = idOf(9003);
const TARGET = idOf(1);

/** A ledger with something to depend on, to be blocked by, and to be a part of. */
function surroundings(): FakeView {
  const view = ledger();
  for (const id of [COMPLETED, OPEN, OTHER]) view.do('create', { id, fields: { title: id } });
  view.do('claim', { id: COMPLETED, execution_id: 'exec-0' });
  view.do('complete', { id: COMPLETED, result: undefined });
  return view;
}

describe('reading a command back', () => {
  test.each(VERBS)(
    'given any legal %s, when it is decided again, then bytes and message are the same',
    (verb) => {
      const from = TRANSITIONS[verb].from;
      // What has to be completed is; other verbs may name anything.
      const refs = verb === 'claim' || verb === 'start' ? [COMPLETED] : [COMPLETED, OPEN, OTHER];
      const situation = fc
        .constantFrom<(typeof from)[number]>(...from)
        .chain(
          (status): Arbitrary<WorkItem | undefined> =>
            status === 'none' ? fc.constant(undefined) : workItem({ id: TARGET, status, refs }),
        )
        .chain((item) => fc.tuple(fc.constant(item), commandOf(verb, { id: TARGET, item, refs })));
      const known = surroundings().items();
      fc.assert(
        fc.property(situation, ([item, command]) => {
          const view = new FakeView().put(...known);
          if (item !== undefined) view.put(reread(item));
          const transition = attempt(view, command);
          // What is not legal is passed over, and does not count as a run.
          fc.pre(transition !== undefined);
          if (transition !== undefined) expectReadBack(view, transition);
        }),
        { numRuns: runs(30), maxSkipsPerRun: 1000 },
      );
    },
  );

  test('given a ledger that any commands made, when each is decided again, then bytes and message are the same', () => {
    const seen = new Set<Verb>();
    fc.assert(
      fc.property(fc.gen(), (generate) => {
        const view = ledger();
        for (let step = 0; step < 25; step += 1) {
          const transition = attempt(
            view,
            generate(() => commandFor(view)),
          );
          if (transition === undefined) continue;
          seen.add(transition.event.verb);
          expectReadBack(view, transition);
          view.apply(transition);
        }
      }),
      { numRuns: runs(25) },
    );
    expect(seen.size).toBeGreaterThan(VERBS.length / 2);
  });
});

describe('what is hard to read back', () => {
  /** A ledger with one item that ada holds; `change` is decided again as a reader finds it. */
  function again(make: (view: FakeView) => Command): Transition {
    const view = surroundings();
    view.do('create', {
      id: TARGET,
      fields: {
        title: 'Target',
        labels: ['b', 'a'],
        dependencies: [COMPLETED],
        links: [
          { kind: 'related', target: 'x' },
          { kind: 'related', target: 'y' },
        ],
        context: { a: 1, nothing: null, list: [1] },
      },
    });
    view.do('claim', { id: TARGET, execution_id: 'exec-1' });
    const decision = decide(view, make(view));
    if (decision.kind === 'unchanged') throw new Error('the example changes nothing');
    expectReadBack(view, decision);
    return decision;
  }

  test('given a link that is taken away and added in one change, when read back, then it stands where it stood', () => {
    const x = { kind: 'related' as const, target: 'x' };
    const { after } = again(() =>
      ask('update', { id: TARGET, patch: { set: { title: 'New' }, links: { remove: [x], add: [x] } } }),
    );
    expect(after?.links.map((link) => link.target)).toEqual(['x', 'y']);
  });

  test('given a context with keys that objects have by themselves, when read back, then they are data', () => {
    const context = JSON.parse('{"constructor": 1, "toString": null, "__proto__": {"a": 1}, "nothing": 2}');
    const { after } = again(() => ask('update', { id: TARGET, patch: { context } }));
    expect(JSON.stringify(after?.context)).toBe(
      '{"a":1,"nothing":2,"list":[1],"constructor":1,"__proto__":{"a":1}}',
    );
  });

  test('given a context with nothing under a key, when something else changes, then that key stays', () => {
    const { after } = again(() => ask('update', { id: TARGET, patch: { set: { title: 'New' } } }));
    expect(after?.context).toEqual({ a: 1, nothing: null, list: [1] });
  });

  test('given a context key that is set to nothing, when read back, then it is gone', () => {
    const { after } = again(() =>
      ask('update', { id: TARGET, patch: { context: { nothing: null, a: null } } }),
    );
    expect(after?.context).toEqual({ list: [1] });
  });

  test('given an item that another execution was linked to, when read back, then the new one holds it', () => {
    const { event } = again(() => ask('link_execution', { id: TARGET, link: 'exec-2', epoch: 1 }));
    expect(event).toMatchObject({ epoch: 1, execution_id: 'exec-2' });
  });

  test('given a block that was forced by another, when read back, then it is forced again', () => {
    again(() => ask('block', { id: TARGET, actor: 'bob', reason: 'stop', blocker_id: OPEN, force: true }));
  });

  test('given a block that its holder forced with an old epoch, when read back, then it is the present one', () => {
    const { event } = again(() => ask('block', { id: TARGET, reason: 'stop', force: true, epoch: 7 }));
    expect(event.epoch).toBe(1);
  });

  test.each([undefined, '', ' \n\u0000 '])(
    'given an approval for the reason %j, when read back, then it has no note',
    (reason) => {
      const { after } = again((view) => {
        view.do('submit', { id: TARGET, result: undefined });
        return ask('approve', { id: TARGET, actor: 'bob', reason });
      });
      expect(after?.review).not.toHaveProperty('note', expect.anything());
    },
  );

  test('given a reason of many lines, when read back, then it is one line, in trailer and note alike', () => {
    const { after, event } = again((view) => {
      view.do('submit', { id: TARGET, result: undefined });
      return ask('reject', { id: TARGET, actor: 'bob', reason: ' no:\r\n\tWork-Verb: complete\u202e ' });
    });
    expect(event.reason).toBe('no: Work-Verb: complete');
    expect(after?.review?.note).toBe(event.reason);
  });

  test('given a reason longer than a trailer may be, when read back, then it is cut the same', () => {
    const { after } = again(() => ask('block', { id: TARGET, reason: '👩‍💻 '.repeat(900) }));
    expect([...(after?.block?.reason ?? '')].length).toBeLessThanOrEqual(1000);
  });

  test('given a checkpoint that claims another time and attempt, when read back, then the ledger tells them', () => {
    const lie = { step: 'one', at: time(99), attempt: 99 };
    const { after } = again(() => ask('checkpoint', { id: TARGET, checkpoint: lie, at: time(5) }));
    expect(after?.checkpoint).toMatchObject({ step: 'one', at: time(5), attempt: 1 });
  });

  test('given a retry with its attempts reset, when read back, then they are reset again', () => {
    const { after } = again((view) => {
      view.do('fail', { id: TARGET, error: '' });
      return ask('retry', { id: TARGET, reset: true, not_before: time(60) });
    });
    expect(after).toMatchObject({ attempts: 0, not_before: time(60) });
  });

  test('given a deletion, when read back, then the item is gone and the message says so', () => {
    const { event, after } = again((view) => {
      view.do('complete', { id: TARGET, result: {} });
      return ask('delete', { id: TARGET, reason: 'done' });
    });
    expect(after).toBeUndefined();
    expect(encodeMessage(event)).toContain('Work-Status: completed -> deleted\n');
  });

  test('given an import with keys of a later version, when read back, then they are kept', () => {
    const item = { ...workItemOf('in_review'), later: { a: [1] } };
    const view = surroundings();
    const decision = decide(view, ask('import', { id: TARGET, item }));
    if (decision.kind === 'unchanged') throw new Error('an import changes something');
    expect(decision.after && unknownKeys(decision.after).later).toEqual({ a: [1] });
    expectReadBack(view, decision);
  });
});

function workItemOf(status: 'in_review'): WorkItem {
  const [item] = fc.sample(workItem({ id: TARGET, status }), { numRuns: 1, seed: 1 });
  if (item === undefined) throw new Error('no sample');
  return { ...item, parent_id: undefined };
}

test('given a message of a verb that needs the item after, when there is none, then no command is read', () => {
  const view = surroundings();
  const decision = decide(view, ask('comment', { id: OPEN, body: 'hello' }));
  if (decision.kind === 'unchanged') throw new Error('a comment changes something');
  expect(readCommand(decision.event, decision.before, undefined)).toBeUndefined();
  const update = { ...decision.event, verb: 'update' as const };
  expect(readCommand(update, undefined, decision.after)).toBeUndefined();
});
