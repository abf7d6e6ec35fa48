import { beforeEach, describe, expect, test } from 'vitest';
import { decide } from '../../src/domain/decide.ts';
import { observeHolder } from '../../src/domain/holding.ts';
import { ask, FakeView, idOf, itemOf, opOf, refusal, time } from '../helpers/fake-view.ts';

const ID = idOf(1);
let view: FakeView;

beforeEach(() => {
  view = new FakeView({ lease_ttl_s: 60 });
  view.do('create', { id: ID, fields: { title: 'Target' }, actor: 'carol' });
});

const claim = (actor = 'ada', execution_id = 'exec-1', at = time(1)) =>
  view.do('claim', { id: ID, actor, execution_id, at });

describe('claim', () => {
  test('given a ready item, when it is claimed, then its claim, owner, epoch, attempts and start say so', () => {
    expect(claim()).toMatchObject({
      status: 'in_progress',
      owner: 'ada',
      execution_id: 'exec-1',
      started_at: time(1),
      attempts: 1,
      claim: { epoch: 1, execution_id: 'exec-1', claimed_at: time(1), ttl_s: 60 },
    });
  });

  test('given an item that was held before, when it is claimed again, then epoch and attempts rise and its start stays', () => {
    claim();
    view.do('release', { id: ID });
    expect(claim('bob', 'exec-2', time(9))).toMatchObject({
      owner: 'bob',
      attempts: 2,
      started_at: time(1),
      claim: { epoch: 2, execution_id: 'exec-2', claimed_at: time(9) },
    });
  });

  test('given a lease of its own length, when claimed, then the claim has it instead of the ledger', () => {
    expect(view.do('claim', { id: ID, execution_id: 'e', ttl_s: 7 }).claim?.ttl_s).toBe(7);
  });

  test('given a claim, when the same execution claims again, then nothing changes and it is told what it has', () => {
    const held = claim();
    const decision = decide(view, ask('claim', { id: ID, execution_id: 'exec-1', at: time(5) }));
    expect(decision).toEqual({ kind: 'unchanged', item: held });
    expect(decide(view, ask('start', { id: ID, execution_id: 'exec-1' })).kind).toBe('unchanged');
  });

  test('given a claim, when another execution of the same name claims, then it is refused: names do not hold, executions do', () => {
    claim();
    const error = refusal(() => claim('ada', 'exec-2'));
    expect(error).toMatchObject({
      code: 'ALREADY_CLAIMED',
      details: { owner: 'ada', epoch: 1, execution_id: 'exec-1', since: time(1) },
    });
  });

  test('given an item held by ada, when bob claims it, then it is refused and names ada', () => {
    claim();
    const error = refusal(() => claim('bob', 'exec-2'));
    expect(error.message).toContain(`ada holds it since ${time(1)}`);
    expect(error).toMatchObject({ code: 'ALREADY_CLAIMED', retryable: false });
  });

  test('given an execution that claimed under another name, when that name is not the owner, then it is refused', () => {
    claim();
    expect(refusal(() => claim('bob', 'exec-1')).code).toBe('ALREADY_CLAIMED');
  });

  test('given an item that waits for a time, when it is claimed before, then it is not ready; after, the time is gone', () => {
    view.do('update', { id: ID, patch: { set: { not_before: time(30) } } });
    expect(refusal(() => claim('ada', 'e', time(29)))).toMatchObject({
      code: 'NOT_READY',
      retryable: true,
      details: { obstacles: [{ kind: 'not_before', at: time(30) }] },
    });
    expect(claim('ada', 'e', time(30)).not_before).toBeUndefined();
  });

  test('given an execution id that is no name, when claimed, then it is refused', () => {
    for (const bad of ['', ' x', 'a\nb', '\u202e']) {
      expect(refusal(() => claim('ada', bad)).code).toBe('INVALID_INPUT');
    }
  });
});

describe('assign', () => {
  test('given an item assigned to bob, when ada claims it, then it is refused and names bob, who may claim it', () => {
    view.do('assign', { id: ID, owner: 'bob' });
    const error = refusal(() => claim());
    expect(error).toMatchObject({
      code: 'NOT_OWNER',
      details: { obstacles: [{ kind: 'assigned', owner: 'bob' }] },
    });
    expect(error.message).toContain('assigned to bob');
    expect(refusal(() => view.do('start', { id: ID, execution_id: 'e' })).code).toBe('NOT_OWNER');
    expect(claim('bob').owner).toBe('bob');
  });

  test('given an assigned item, when it is assigned to no one, then anyone may claim it', () => {
    view.do('assign', { id: ID, owner: 'bob' });
    expect(view.do('assign', { id: ID, owner: undefined }).owner).toBeUndefined();
    expect(claim().owner).toBe('ada');
  });

  test('given an assignment that stands already, when it is made again, then nothing changes', () => {
    view.do('assign', { id: ID, owner: 'bob' });
    expect(decide(view, ask('assign', { id: ID, owner: 'bob' })).kind).toBe('unchanged');
  });

  test('given a name that cannot stand in an author line, when assigned, then it is refused', () => {
    for (const owner of ['', 'a <b>', 'a\nb', ' a']) {
      expect(refusal(() => view.do('assign', { id: ID, owner })).code).toBe('INVALID_INPUT');
    }
  });
});

describe('fencing', () => {
  const writes = [
    ['checkpoint', { checkpoint: { step: 'one' } }],
    ['release', {}],
    ['submit', { result: undefined }],
    ['complete', { result: undefined }],
    ['fail', { error: 'x' }],
    ['link_execution', { link: 'exec-9' }],
    ['block', { reason: 'x' }],
  ] as const;

  beforeEach(() => {
    claim('ada', 'exec-1', time(1));
    view.do('recover', { id: ID, actor: 'bob', reason: 'silent', observed: observeHolder(view.get(ID)) });
    claim('bob', 'exec-2', time(9));
  });

  test.each(writes)(
    'given a superseded epoch, when its holder asks to %s, then it is refused and names the present one',
    (verb, input) => {
      const error = refusal(() => view.run(ask(verb, { id: ID, epoch: 1, ...input } as never)));
      expect(error).toMatchObject({
        code: 'STALE_EPOCH',
        details: {
          id: ID,
          owner: 'bob',
          epoch: 2,
          execution_id: 'exec-2',
          since: time(9),
          status: 'in_progress',
        },
      });
      expect(error.message).toContain('bob holds it');
      expect(error.message).toContain('epoch 1 was superseded by epoch 2');
    },
  );

  test.each(writes.filter(([verb]) => verb !== 'link_execution'))(
    'given another execution of the holder, when it asks to %s, then it is refused: it is not the one that claimed',
    (verb, input) => {
      const command = ask(verb, { id: ID, actor: 'bob', execution_id: 'exec-1', ...input } as never);
      expect(refusal(() => view.run(command))).toMatchObject({
        code: 'STALE_EPOCH',
        details: { execution_id: 'exec-2' },
      });
    },
  );

  test.each(writes)(
    'given the present epoch, when its holder asks to %s, then it is done and the commit says the epoch',
    (verb, input) => {
      const decision = decide(view, ask(verb, { id: ID, actor: 'bob', epoch: 2, ...input } as never));
      expect(decision).toMatchObject({ kind: 'transition', event: { epoch: 2 } });
    },
  );

  test('given no proof at all, when the owner asks, then its name is enough', () => {
    expect(view.do('complete', { id: ID, actor: 'bob', result: undefined }).status).toBe('completed');
  });

  test('given an item that came to its end, when a superseded holder writes, then it is the epoch that refuses', () => {
    view.do('complete', { id: ID, actor: 'bob', result: undefined });
    const late = () => view.do('complete', { id: ID, actor: 'ada', epoch: 1, result: undefined });
    expect(refusal(late)).toMatchObject({ code: 'STALE_EPOCH', details: { status: 'completed' } });
    expect(refusal(late).message).toContain('nobody holds it');
  });

  test('given an epoch for an item that was never claimed, when used, then it is stale', () => {
    view.do('create', { id: idOf(2), fields: { title: 'New' } });
    const error = refusal(() => view.do('release', { id: idOf(2), epoch: 1 }));
    expect(error).toMatchObject({ code: 'STALE_EPOCH', details: { epoch: null } });
  });
});

describe('release', () => {
  test('given a held item, when it is released, then the claim and the checkpoint stay and the holder goes', () => {
    claim();
    view.do('checkpoint', { id: ID, checkpoint: { step: 'two', data: { page: 7 } }, at: time(2) });
    const released = view.do('release', { id: ID, reason: 'lunch' });
    expect(released).toMatchObject({
      status: 'pending',
      attempts: 1,
      claim: { epoch: 1, execution_id: 'exec-1' },
      checkpoint: { step: 'two', data: { page: 7 } },
    });
    expect([released.owner, released.execution_id, released.block]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('given a held item that is blocked, when it is released, then it is no longer blocked', () => {
    claim();
    view.do('block', { id: ID, reason: 'x' });
    const free = view.do('release', { id: ID });
    expect(free.status).toBe('pending');
    expect(free.block).toBeUndefined();
  });

  test('given the next holder, when it claims, then the checkpoint is there to resume from', () => {
    claim();
    view.do('checkpoint', { id: ID, checkpoint: { next_action: 'step three' } });
    view.do('release', { id: ID });
    expect(claim('bob', 'exec-2').checkpoint).toMatchObject({ next_action: 'step three', attempt: 1 });
  });
});

describe('checkpoint', () => {
  test('given a held item, when a checkpoint is made, then it has time and attempt, and replaces the one before', () => {
    claim();
    view.do('checkpoint', { id: ID, checkpoint: { step: 'one', summary: 's' }, at: time(2) });
    const { checkpoint } = view.do('checkpoint', { id: ID, checkpoint: { step: 'two' }, at: time(3) });
    expect(checkpoint).toEqual({ at: time(3), attempt: 1, step: 'two' });
  });

  test('given a blocked item, when its holder makes a checkpoint, then it stays blocked', () => {
    claim();
    view.do('block', { id: ID, reason: 'x' });
    expect(view.do('checkpoint', { id: ID, checkpoint: { step: 'one' } }).status).toBe('blocked');
  });

  test('given a checkpoint of more than 64 KiB, when made, then it is refused', () => {
    claim();
    const large = () => view.do('checkpoint', { id: ID, checkpoint: { data: 'x'.repeat(65 * 1024) } });
    expect(refusal(large)).toMatchObject({ code: 'INVALID_INPUT' });
    expect(refusal(large).message).toContain('at most 64 KiB');
  });

  test('given data that JSON does not have, when kept, then it is refused', () => {
    claim();
    for (const data of [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      new Date(),
      new Map(),
      () => 1,
      undefined,
      1n,
    ]) {
      const keep = () => view.do('checkpoint', { id: ID, checkpoint: { data: [data] as never } });
      expect(refusal(keep).code).toBe('INVALID_INPUT');
    }
  });
});

describe('link_execution', () => {
  test('given a held item, when an execution is linked, then the claim is its own and the one before is stale', () => {
    claim();
    const linked = view.do('link_execution', { id: ID, link: 'exec-7', epoch: 1 });
    expect(linked).toMatchObject({ execution_id: 'exec-7', claim: { epoch: 1, execution_id: 'exec-7' } });
    expect(refusal(() => view.do('release', { id: ID, execution_id: 'exec-1' })).code).toBe('STALE_EPOCH');
    expect(view.do('release', { id: ID, execution_id: 'exec-7' }).status).toBe('pending');
  });

  test('given an execution that is linked already, when it is linked again, then nothing changes', () => {
    claim();
    expect(decide(view, ask('link_execution', { id: ID, link: 'exec-1' })).kind).toBe('unchanged');
  });
});

describe('start', () => {
  test('given a ready item, when it is started, then it is claimed', () => {
    expect(view.do('start', { id: ID, execution_id: 'e' })).toMatchObject({
      owner: 'ada',
      claim: { epoch: 1 },
    });
  });

  test('given an item that was blocked before anyone claimed it, when it is started, then it is claimed and no longer blocked', () => {
    view.do('block', { id: ID, reason: 'x' });
    const started = view.do('start', { id: ID, execution_id: 'e' });
    expect(started).toMatchObject({ status: 'in_progress', owner: 'ada', claim: { epoch: 1 } });
    expect(started.block).toBeUndefined();
  });

  test('given a blocked item that it holds, when its execution starts it, then epoch and attempts stay', () => {
    const held = claim();
    view.do('block', { id: ID, reason: 'x' });
    const started = view.do('start', { id: ID, execution_id: 'exec-1', at: time(20) });
    expect(started).toMatchObject({
      status: 'in_progress',
      attempts: 1,
      claim: held.claim,
    });
    expect(started.block).toBeUndefined();
  });

  test('given a blocked item held by ada, when bob starts it, then it is refused and names ada', () => {
    claim();
    view.do('block', { id: ID, reason: 'x' });
    const error = refusal(() => view.do('start', { id: ID, actor: 'bob', execution_id: 'exec-2' }));
    expect(error).toMatchObject({ code: 'NOT_OWNER', details: { owner: 'ada' } });
    expect(refusal(() => claim('bob', 'exec-2')).code).toBe('ALREADY_CLAIMED');
  });

  test('given a blocked item, when another execution of its holder starts it, then it is refused', () => {
    claim();
    view.do('block', { id: ID, reason: 'x' });
    const error = refusal(() => view.do('start', { id: ID, execution_id: 'exec-2' }));
    expect(error).toMatchObject({ code: 'STALE_EPOCH', details: { execution_id: 'exec-1' } });
  });
});

describe('recover', () => {
  test('given a holder that is silent, when its item is recovered, then it is free, with claim, attempts and checkpoint', () => {
    claim();
    view.do('checkpoint', { id: ID, checkpoint: { step: 'one' } });
    const decision = view.run(
      ask('recover', {
        id: ID,
        actor: 'bob',
        reason: 'no sign since 10:00',
        observed: observeHolder(view.get(ID)),
        op: opOf(77),
      }),
    );
    const { owner, execution_id, ...free } = itemOf(decision);
    expect([owner, execution_id]).toEqual([undefined, undefined]);
    expect(free).toMatchObject({
      status: 'pending',
      attempts: 1,
      claim: { epoch: 1 },
      checkpoint: { step: 'one' },
      last_op: opOf(77),
    });
    expect(decision).toMatchObject({
      event: { actor: 'bob', epoch: 1, execution_id: 'exec-1', reason: 'no sign since 10:00' },
    });
  });

  test('given a holder that gave a sign since, when its item is recovered, then it is left alone', () => {
    const observed = observeHolder(claim());
    view.do('checkpoint', { id: ID, checkpoint: { step: 'one' } });
    const recover = () => view.do('recover', { id: ID, actor: 'bob', reason: 'silent', observed });
    expect(refusal(recover)).toMatchObject({
      code: 'CONFLICT',
      details: { changed: [{ field: 'checkpoint_at', seen: null, now: time() }] },
    });
  });

  test('given a stranger who comments and changes the item, when it is recovered, then that keeps nobody from it', () => {
    const observed = observeHolder(claim());
    view.do('comment', { id: ID, actor: 'eve', body: 'any news?' });
    view.do('update', { id: ID, actor: 'eve', patch: { set: { priority: 'high' } } });
    expect(view.do('recover', { id: ID, actor: 'bob', reason: 'silent', observed }).status).toBe('pending');
  });

  test('given another claim, or another execution, since it was observed, when it is recovered, then it is left alone', () => {
    const observed = observeHolder(claim());
    const recover = () => view.do('recover', { id: ID, actor: 'bob', reason: 'silent', observed });
    view.do('link_execution', { id: ID, link: 'exec-9' });
    expect(refusal(recover).code).toBe('CONFLICT');
    view.do('release', { id: ID });
    claim('ada', 'exec-1', time(9));
    expect(refusal(recover).code).toBe('CONFLICT');
  });

  test('given attempts that are used up, when it is recovered, then it fails as exhausted, and keeps who had it and its checkpoint', () => {
    view.do('update', { id: ID, patch: { set: { max_attempts: 2 } } });
    claim();
    view.do('recover', { id: ID, reason: 'silent', observed: observeHolder(view.get(ID)) });
    claim('bob', 'exec-2', time(5));
    view.do('checkpoint', { id: ID, actor: 'bob', checkpoint: { step: 'one' } });
    const observed = observeHolder(view.get(ID));
    const decision = view.run(ask('recover', { id: ID, reason: 'silent\nagain', observed, at: time(9) }));
    expect(itemOf(decision)).toMatchObject({
      status: 'failed',
      owner: 'bob',
      attempts: 2,
      completed_at: time(9),
      error: 'exhausted: 2 of 2 attempts ended without a result. The last one: silent again',
      checkpoint: { step: 'one' },
    });
    expect(decision).toMatchObject({ event: { from: 'in_progress', to: 'failed', epoch: 2 } });
    expect(refusal(() => view.do('retry', { id: ID })).code).toBe('ILLEGAL_TRANSITION');
    expect(view.do('retry', { id: ID, reset: true })).toMatchObject({ status: 'pending', attempts: 0 });
  });

  test('given no reason, when an item is recovered, then it is refused', () => {
    const observed = observeHolder(claim());
    for (const reason of ['', ' \n', '\u0000']) {
      const recover = () => view.do('recover', { id: ID, actor: 'bob', reason, observed });
      expect(refusal(recover).code).toBe('INVALID_INPUT');
    }
  });
});
