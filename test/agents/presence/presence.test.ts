import { describe, expect, test } from 'vitest';
import type { PresenceNotice, TransitionResult } from '../../../src/index.ts';
import { execution, FakeRefs, makePresence, NOON, settle } from './presence-world.ts';

const S = 1000;

describe('given work that runs', () => {
  test('when it started, then it is listed within half the time of a sign', async () => {
    const { presence, timer, refs, shown } = makePresence();
    presence.start({ ...execution(), step: 'testing' });
    await timer.advance(14 * S);
    expect(refs.pushes).toBe(0);
    await timer.advance(1 * S);
    expect(shown()).toMatchObject({
      agent: 'ada',
      session: 'aaaaaaa1',
      host: 'here',
      pid: 7,
      program: 'test',
      seq: 1,
      executions: [{ id: 'WRK-20260103-0001', execution_id: 'exec-1', epoch: 1, step: 'testing' }],
    });
  });

  test('when it is over before it was told, then nothing is pushed for it but that nothing runs', async () => {
    const { presence, timer, refs, shown } = makePresence();
    presence.start(execution());
    await timer.advance(5 * S);
    await presence.end('exec-1');
    await timer.advance(100 * S);
    expect(refs.pushes).toBe(1);
    expect(shown()).toMatchObject({ seq: 1, executions: [] });
    await timer.advance(3600 * S);
    expect(refs.pushes).toBe(1);
    expect(timer.waiting).toBe(0);
  });

  test('when time goes on, then a sign is given each third of the lease, and it is never lost', async () => {
    const lost: string[] = [];
    const { presence, timer, refs, shown } = makePresence({ onLost: (id) => lost.push(id) });
    presence.start(execution());
    await timer.advance(15 * S + 30 * S * 100);
    expect(refs.pushes).toBe(101);
    expect(shown()?.seq).toBe(101);
    expect(lost).toEqual([]);
  });

  test('when several run, then the shortest lease is what counts', async () => {
    const { presence, timer, refs } = makePresence();
    presence.start(execution(1, { ttl_s: 3600 }));
    await timer.advance(60 * S);
    expect(refs.pushes).toBe(1);
    await timer.advance(1140 * S);
    expect(refs.pushes).toBe(1);
    presence.start(execution(2));
    await timer.advance(15 * S);
    expect(refs.pushes).toBe(2);
    await timer.advance(60 * S);
    expect(refs.pushes).toBe(4);
  });

  test('when a lease is longer than a timer of node, then nothing happens early', async () => {
    const { presence, timer, refs } = makePresence();
    presence.start(execution(1, { ttl_s: 400 * 24 * 3600 }));
    await timer.advance(60 * S);
    expect(refs.pushes).toBe(1);
    await timer.advance(30 * 24 * 3600 * S);
    expect(refs.pushes).toBe(1);
  });

  test('when it says what it is at, then that goes with the next sign, in one safe line', async () => {
    const { presence, timer, refs, shown } = makePresence();
    presence.start(execution());
    await timer.advance(15 * S);
    presence.step('exec-1', 'two\nlines\u001b[2J');
    await timer.advance(29 * S);
    expect(refs.pushes).toBe(1);
    await timer.advance(1 * S);
    expect(shown()?.executions[0]?.step).toBe('two lines[2J');
  });

  test('when signs are asked for while one is under way, then one push is under way at a time, and they share the next', async () => {
    const { presence, refs, shown } = makePresence();
    const { promise, resolve } = Promise.withResolvers<void>();
    refs.gate = promise;
    presence.start(execution());
    const first = presence.beat();
    await settle();
    presence.start(execution(2));
    const others = [presence.beat(), presence.beat(), presence.beat()];
    resolve();
    expect(await Promise.all([first, ...others])).toEqual([true, true, true, true]);
    expect([refs.pushes, refs.most]).toEqual([2, 1]);
    expect(shown()?.executions.map(({ execution_id }) => execution_id)).toEqual(['exec-1', 'exec-2']);
  });

  test('when it closes, then it is taken away, and nothing more is given', async () => {
    const { presence, timer, refs } = makePresence();
    presence.start(execution());
    await timer.advance(15 * S);
    await presence.close();
    expect([...refs.refs]).toEqual([]);
    expect(await presence.beat()).toBe(false);
    await timer.advance(600 * S);
    expect([refs.pushes, timer.waiting]).toEqual([2, 0]);
  });

  test('when it closes before anything was told, then nothing is pushed', async () => {
    const { presence, refs } = makePresence();
    presence.start(execution());
    await presence.close();
    expect(refs.pushes).toBe(0);
  });
});

describe('given a remote that goes away', () => {
  test('when signs fail, then they are tried again with growing pauses, several times before the holder has to stop', async () => {
    const lost: string[] = [];
    const { presence, timer, refs } = makePresence({ onLost: (id) => lost.push(id) });
    presence.start(execution());
    await timer.advance(15 * S);
    refs.away = true;
    await timer.advance(50 * S);
    expect(refs.pushes).toBeGreaterThan(4);
    expect(refs.pushes).toBeLessThan(12);
    expect(lost).toEqual([]);
    expect(presence.sinceRenewed('exec-1')).toBe(50);
    refs.away = false;
    await timer.advance(12 * S);
    expect(lost).toEqual([]);
    expect(presence.sinceRenewed('exec-1')).toBeLessThan(15);
  });

  test('when it stays away for two thirds of a lease, then the holder is told once, and not listed when it is back', async () => {
    const lost: string[] = [];
    const { presence, timer, refs, shown } = makePresence({ onLost: (id) => lost.push(id) });
    presence.start(execution(1));
    presence.start(execution(2, { ttl_s: 900 }));
    await timer.advance(15 * S);
    refs.away = true;
    await timer.advance(60 * S);
    expect(lost).toEqual(['exec-1']);
    refs.away = false;
    await timer.advance(300 * S);
    expect(lost).toEqual(['exec-1']);
    expect(shown()?.executions.map(({ execution_id }) => execution_id)).toEqual(['exec-2']);
    expect(presence.sinceRenewed('exec-1')).toBe(360);
  });

  test('when a process wakes after its lease, then it stops before it gives a sign', async () => {
    const lost: string[] = [];
    const { presence, timer, shown } = makePresence({ onLost: (id) => lost.push(id) });
    presence.start(execution());
    await timer.advance(15 * S);
    await timer.freeze(7200 * S);
    expect(lost).toEqual(['exec-1']);
    await timer.advance(60 * S);
    expect(shown()?.executions).toEqual([]);
  });

  test('when a sign takes long, then it counts from when it was begun', async () => {
    const { presence, timer, refs } = makePresence();
    const { promise, resolve } = Promise.withResolvers<void>();
    presence.start(execution());
    refs.gate = promise;
    const beat = presence.beat();
    await timer.advance(20 * S);
    resolve();
    expect(await beat).toBe(true);
    expect(presence.sinceRenewed('exec-1')).toBe(20);
  });

  test.each(['lost before', 'lost after'] as const)(
    'when the answer is %s the remote took it, then the next sign takes its place',
    async (fate) => {
      const { presence, refs, shown } = makePresence();
      presence.start(execution());
      await presence.beat();
      refs.fate.push(fate);
      expect(await presence.beat()).toBe(false);
      expect(await presence.beat()).toBe(true);
      expect(shown()?.seq).toBe(3);
      expect(presence.session).toBe('aaaaaaa1');
    },
  );

  test('when the answer to its last sign is lost, then closing takes it away all the same', async () => {
    const { presence, refs } = makePresence();
    presence.start(execution());
    refs.fate.push('lost after');
    await presence.beat();
    await presence.close();
    expect([...refs.refs]).toEqual([]);
  });
});

describe('given others who write the same ref', () => {
  test('when another process has the name, then it is told and nothing of it is overwritten', async () => {
    const notices: PresenceNotice[] = [];
    const { presence, refs, shown } = makePresence({ onNotice: (notice) => notices.push(notice) });
    presence.start(execution());
    refs.refs.set('ada.aaaaaaa1', 'f'.repeat(40));
    expect(await presence.beat()).toBe(false);
    expect(await presence.beat()).toBe(true);
    expect(refs.refs.get('ada.aaaaaaa1')).toBe('f'.repeat(40));
    expect(shown('ada.aaaaaaa2')).toMatchObject({ session: 'aaaaaaa2' });
    expect(notices).toEqual([expect.objectContaining({ code: 'PRESENCE_TAKEN' })]);
  });

  test('when it was pruned, then the next sign puts it back, under its name', async () => {
    const { presence, refs, shown } = makePresence();
    presence.start(execution());
    await presence.beat();
    refs.refs.clear();
    expect(await presence.beat()).toBe(true);
    expect(shown()).toMatchObject({ session: 'aaaaaaa1', seq: 2 });
  });
});

describe('given a host that takes no presence', () => {
  test('when it says so, then it is told once, in this process and the next, and not tried any more', async () => {
    const notices: PresenceNotice[] = [];
    const refs = new FakeRefs();
    refs.refusal = 'only branches';
    const events = { refs, onNotice: (notice: PresenceNotice) => notices.push(notice) };
    const { presence, timer, state } = makePresence(events);
    presence.start(execution());
    expect(presence.supported).toBe(true);
    await timer.advance(15 * S);
    expect(presence.supported).toBe(false);
    await timer.advance(3600 * S);
    const next = makePresence(events, state);
    expect(next.presence.supported).toBe(false);
    next.presence.start(execution());
    await next.timer.advance(600 * S);
    expect(refs.pushes).toBe(1);
    expect(notices).toEqual([
      expect.objectContaining({
        code: 'PRESENCE_REFUSED',
        message: expect.stringContaining('only branches'),
      }),
    ]);
  });

  test('when a day has passed, then it is tried once more, and told no more', async () => {
    const notices: PresenceNotice[] = [];
    const refs = new FakeRefs();
    refs.refusal = 'only branches';
    const events = { refs, onNotice: (notice: PresenceNotice) => notices.push(notice) };
    const first = makePresence(events);
    await first.presence.beat();
    const kept = first.state.get('presence.refused') ?? '';
    first.state.set('presence.refused', kept.replace(/\d+$/, `${NOON - 25 * 3600 * S}`));
    const again = makePresence(events, first.state);
    expect(again.presence.supported).toBe(true);
    await again.presence.beat();
    expect(again.presence.supported).toBe(false);
    expect(notices.length).toBe(1);
  });

  test('when a sign is due, then the execution’s own is given instead, again and again, and counts', async () => {
    const lost: string[] = [];
    const refs = new FakeRefs();
    refs.refusal = 'only branches';
    const { presence, timer } = makePresence({ refs, onLost: (id) => lost.push(id) });
    let renewed = 0;
    const renew = async (): Promise<void> => {
      renewed += 1;
    };
    presence.start(execution(1, { renew }));
    presence.start(execution(2));
    await timer.advance(60 * S);
    expect([renewed, lost]).toEqual([2, ['exec-2']]);
    await timer.advance(300 * S);
    expect([renewed, lost]).toEqual([12, ['exec-2']]);
    await presence.end('exec-1');
    await timer.advance(300 * S);
    expect(renewed).toBe(12);
  });

  test('when the work ends while one is under way, then its end waits for that', async () => {
    const { presence, timer } = makePresence({ place: 'none' });
    const { promise, resolve } = Promise.withResolvers<void>();
    presence.start(execution(1, { renew: () => promise }));
    await timer.advance(30 * S);
    let ended = false;
    const end = presence.end('exec-1').then(() => {
      ended = true;
    });
    await settle();
    expect(ended).toBe(false);
    resolve();
    await end;
    expect(timer.waiting).toBe(0);
  });

  test('when that fails, then it is tried again, and the holder stops in time', async () => {
    const lost: string[] = [];
    const { presence, timer } = makePresence({ place: 'none', onLost: (id) => lost.push(id) });
    let tried = 0;
    const renew = async (): Promise<void> => {
      tried += 1;
      throw new Error('away');
    };
    presence.start(execution(1, { renew }));
    await timer.advance(59 * S);
    expect(tried).toBeGreaterThan(3);
    expect(lost).toEqual([]);
    await timer.advance(1 * S);
    expect(lost).toEqual(['exec-1']);
  });
});

describe('given a transition of the holder', () => {
  const result = (more: object) =>
    ({ ok: true, item: {}, commit: 'c', where: 'remote', ...more }) as TransitionResult;

  test.each([
    ['the remote took', {}, 'remote', 0],
    ['is in this clone alone', { where: 'local' }, 'remote', 10 * S],
    ['is in the clone, where there is no remote', { where: 'local' }, 'local', 0],
    ['changed nothing', { commit: undefined }, 'remote', 10 * S],
    ['was lost', { ok: false }, 'remote', 10 * S],
  ] as const)('when it %s, then it counts as far as others can see it', async (_, more, counts, since) => {
    const { presence, timer } = makePresence({ counts });
    presence.start(execution());
    await timer.advance(10 * S);
    expect(await presence.sign('exec-1', async () => result(more))).toEqual(result(more));
    expect(presence.sinceRenewed('exec-1')).toBe(since / S);
  });

  test('when it is given instead of presence and was lost, then the holder stops in time', async () => {
    const lost: string[] = [];
    const { presence, timer } = makePresence({ place: 'none', onLost: (id) => lost.push(id) });
    let asked = 0;
    const renew = async (): Promise<TransitionResult> => {
      asked += 1;
      return result(asked === 1 ? {} : { ok: false });
    };
    presence.start({ ...execution(), renew });
    await timer.advance(89 * S);
    expect(lost).toEqual([]);
    await timer.advance(1 * S);
    expect(lost).toEqual(['exec-1']);
  });
});

test.each([
  ['no item', { id: '../../x' }],
  ['an execution of two lines', { execution_id: 'a\nb' }],
  ['no epoch', { epoch: 0 }],
  ['no lease', { ttl_s: Number.NaN }],
])('given an execution with %s, when it starts, then it is refused', (_, more) => {
  const { presence } = makePresence();
  expect(() => presence.start({ ...execution(), ...more })).toThrow(/cannot be listed/);
});

test('given presence of a block with await using, when the block is left, then its sign is taken away, and no other is given', async () => {
  const { presence, timer, refs } = makePresence();
  {
    await using own = presence;
    own.start(execution());
    await own.beat();
    expect(refs.refs.size).toBe(1);
  }
  const { pushes } = refs;
  await timer.advance(3600 * S);
  expect([refs.refs.size, refs.pushes, timer.waiting]).toEqual([0, pushes, 0]);
});
