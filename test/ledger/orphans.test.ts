import { beforeEach, describe, expect, test } from 'vitest';
import type { WorkItem } from '../../src/domain/item.ts';
import {
  describeEvidence,
  type Liveness,
  type Observations,
  type OrphanedWork,
  readObservations,
  watch,
} from '../../src/ledger/orphans.ts';
import type { HistoryEntry } from '../../src/projection/history-entry.ts';
import { FakeView, idOf, time } from '../helpers/fake-view.ts';

const ID = idOf(1);
/** A lease of an hour; five minutes are allowed for clocks. */
let view: FakeView;
let history: HistoryEntry[];
let notes: string | undefined;
/** When another machine last wrote, in minutes past ten: at the time of the look where nothing is said. */
let elsewhere: number | 'never' | undefined;
/** For how many minutes the observer's machine was awake; nobody tells where nothing is said. */
let awake: number | undefined;
/** By how many minutes the holder's clock is behind, as far as the branch tells. */
let lag = 0;

beforeEach(() => {
  [elsewhere, awake, lag] = [undefined, undefined, 0];
  view = new FakeView();
  history = [];
  notes = undefined;
});

/** A transition, kept in the history as its commit would tell it. */
function go(...[verb, input]: Parameters<FakeView['do']>): WorkItem {
  const from = view.find(ID)?.status ?? null;
  const after = view.do(verb, { id: ID, ...input } as never);
  const { actor = 'ada', at = time() } = input as { actor?: string; at?: string };
  history.push({ actor, at, from, to: after.status, rev: after.rev, verb } as HistoryEntry);
  return after;
}

const claim = (at: number, actor = 'ada') => {
  go('create', { fields: { title: 'Target' }, at: time(at), actor: 'carol' } as never);
  go('claim', { execution_id: 'exec-1', at: time(at), actor } as never);
};

/** One look by an observer whose clock says so many minutes past ten. */
async function look(minutes: number, liveness?: Liveness): Promise<OrphanedWork[]> {
  const seen = await watch({
    items: view.items().filter(({ status }) => status === 'in_progress'),
    settings: view.settings,
    now: new Date(time(minutes)),
    awake: awake && awake * 60_000,
    lag: async () => lag * 60_000,
    elsewhere: async () => (elsewhere === 'never' ? undefined : Date.parse(time(elsewhere ?? minutes))),
    observations: readObservations(notes),
    liveness,
    history: async () => history,
  });
  notes = JSON.stringify(seen.observations);
  return seen.orphans;
}

const noted = (): Observations => readObservations(notes);

describe('a first look', () => {
  test('given work whose last sign is older than lease and allowance, when a fresh clone looks, then it is orphaned at once', async () => {
    claim(0);
    expect(await look(65)).toEqual([]);
    notes = undefined;
    const [orphan] = await look(66);
    expect(orphan).toMatchObject({
      id: ID,
      evidence: {
        owner: 'ada',
        epoch: 1,
        execution_id: 'exec-1',
        last_sign: time(0),
        watched_since: time(66),
        watched_s: 0,
        lease_s: 3600,
        by: 'dated',
        attempts: 1,
        max_attempts: 3,
        exhausted: false,
      },
    });
    expect(describeEvidence((orphan as OrphanedWork).evidence)).toBe(
      `lease of 3600 s expired: ada gave its last sign of life at ${time(0)}, which is older than lease and allowance; epoch 1, exec-1, attempt 1 of 3`,
    );
  });

  test('given a checkpoint of this attempt, when a fresh clone looks, then it counts as a sign; one of an earlier attempt does not', async () => {
    claim(0);
    go('checkpoint', { checkpoint: {}, at: time(50) } as never);
    expect(await look(70)).toEqual([]);
    go('release', { at: time(51) } as never);
    go('claim', { execution_id: 'exec-2', at: time(10) } as never);
    notes = undefined;
    expect(await look(100)).toMatchObject([{ evidence: { last_sign: time(10), attempts: 2 } }]);
  });

  test('given a dead holder and strangers who comment, when a fresh clone looks, then their words are no sign of its life', async () => {
    claim(0);
    go('comment', { body: 'any news?', actor: 'eve', at: time(60) } as never);
    go('update', { patch: { set: { priority: 'high' } }, actor: 'eve', at: time(61) } as never);
    expect(await look(70)).toMatchObject([{ evidence: { last_sign: time(0) } }]);
  });

  test('given work that was blocked for long and is unblocked just now, when a fresh clone looks, then its holder has a lease', async () => {
    claim(0);
    go('block', { reason: 'x', at: time(1) } as never);
    go('unblock', { actor: 'eve', at: time(500) } as never);
    expect(await look(505)).toEqual([]);
    expect(await look(570)).toMatchObject([{ evidence: { last_sign: time(500) } }]);
  });
});

describe('watching', () => {
  test('given a claim whose clock is a day ahead, when it was watched for a lease without a sign, then it is orphaned', async () => {
    claim(24 * 60);
    expect(await look(0)).toEqual([]);
    expect(await look(59)).toEqual([]);
    expect(await look(60)).toMatchObject([
      { evidence: { by: 'watched', watched_since: time(0), watched_s: 3600, last_sign: time(24 * 60) } },
    ]);
  });

  test('given a claim whose clock is a day behind, when it comes while someone watches, then it has a lease from then on', async () => {
    expect(await look(0)).toEqual([]);
    claim(-24 * 60);
    expect(await look(10)).toEqual([]);
    expect(await look(69)).toEqual([]);
    expect(await look(70)).toMatchObject([{ evidence: { by: 'watched' } }]);
  });

  test('given that the last look is longer ago than a lease, when old work turns up, then its stamps count', async () => {
    await look(0);
    claim(-600);
    expect(await look(61)).toMatchObject([{ evidence: { by: 'dated' } }]);
  });

  test('given a holder that checkpoints, when it is watched for long, then each is a sign, by whatever clock', async () => {
    claim(-24 * 60);
    notes = JSON.stringify({ looked: time(-1), items: {} });
    for (let minutes = 0; minutes <= 300; minutes += 50) {
      expect(await look(minutes)).toEqual([]);
      go('checkpoint', { checkpoint: {}, at: time(minutes / 10 - 24 * 60) } as never);
    }
  });

  test('given strangers who comment between looks, when a lease has passed, then that keeps nobody from recovering it', async () => {
    claim(24 * 60);
    for (let minutes = 0; minutes < 60; minutes += 20) {
      expect(await look(minutes)).toEqual([]);
      go('comment', { body: 'hm', actor: 'eve', at: time(minutes) } as never);
    }
    expect(await look(60)).toMatchObject([{ evidence: { by: 'watched' } }]);
  });

  test('given a holder that comments, or blocks and goes on, between looks, when a lease has passed, then those were signs', async () => {
    claim(24 * 60);
    await look(0);
    go('comment', { body: 'still at it', at: time(24 * 60) } as never);
    expect(await look(60)).toEqual([]);
    go('block', { reason: 'x', at: time(24 * 60) } as never);
    go('unblock', { actor: 'eve', at: time(24 * 60) } as never);
    expect(await look(119)).toEqual([]);
    expect(await look(178)).toEqual([]);
  });

  test('given history that cannot tell what came between, when it is looked at, then it is taken for a sign', async () => {
    claim(24 * 60);
    await look(0);
    go('comment', { body: 'hm', actor: 'eve' } as never);
    history.pop();
    expect(await look(60)).toEqual([]);
  });

  test('given a new claim of the same item, when it is looked at, then it is watched anew', async () => {
    claim(24 * 60);
    await look(0);
    go('release', {} as never);
    go('claim', { execution_id: 'exec-2', at: time(24 * 60) } as never);
    expect(await look(60)).toEqual([]);
    expect(noted().items[ID]).toMatchObject({ epoch: 2, execution_id: 'exec-2', since: time(60) });
  });

  test('given work that is no longer in progress, when it is looked at, then nothing of it is kept', async () => {
    claim(0);
    await look(0);
    go('complete', { result: undefined } as never);
    await look(1);
    expect(noted()).toEqual({ looked: time(1), items: {} });
  });
});

describe('the own clock', () => {
  test('given a clock that was set back, when it is looked at, then the watch begins anew and nothing is taken too early', async () => {
    claim(24 * 60);
    await look(600);
    expect(await look(0)).toEqual([]);
    expect(await look(59)).toEqual([]);
    expect(await look(60)).toHaveLength(1);
  });

  test('given notes that were damaged, when it is looked at, then the watch begins anew', async () => {
    claim(24 * 60);
    await look(0);
    notes = notes?.slice(5);
    expect(await look(60)).toEqual([]);
    expect(await look(120)).toHaveLength(1);
  });
});

describe('one clock that is wrong', () => {
  test('given live work and others that wrote since, when a fresh clone whose clock is hours ahead looks, then it takes nothing', async () => {
    claim(0);
    elsewhere = 10;
    expect(await look(5 * 60)).toEqual([]);
    expect(await look(5 * 60 + 59)).toEqual([]);
  });

  test('given a ledger in which nobody else wrote since, when a fresh clone looks, then it has to watch first', async () => {
    claim(0);
    for (const last of [0, 65, 'never'] as const) {
      notes = undefined;
      elsewhere = last;
      expect(await look(100)).toEqual([]);
      expect(await look(160)).toMatchObject([{ evidence: { by: 'watched' } }]);
    }
  });

  test('given a last sign of days ago, when a fresh clone looks, then no clock is as far off, and its stamps count', async () => {
    claim(0);
    elsewhere = 'never';
    expect(await look(24 * 60 + 65)).toEqual([]);
    notes = undefined;
    expect(await look(24 * 60 + 66)).toMatchObject([{ evidence: { by: 'dated' } }]);
  });

  test('given a holder whose clock is hours behind, as what its claim builds on tells, when a fresh clone looks, then it has as much longer', async () => {
    claim(-5 * 60);
    lag = 5 * 60;
    for (const minutes of [5, 65]) {
      notes = undefined;
      expect(await look(minutes)).toEqual([]);
    }
    notes = undefined;
    expect(await look(66)).toMatchObject([{ evidence: { by: 'dated' } }]);
  });

  test('given several items whose stamps are old, when a fresh clone looks, then it takes one in a look', async () => {
    claim(0);
    for (const n of [2, 3]) {
      const id = idOf(n);
      view.do('create', { id, fields: { title: 'Another' }, at: time(0), actor: 'carol' } as never);
      view.do('claim', { id, execution_id: `exec-${n}`, at: time(0), actor: 'ada' } as never);
    }
    expect(await look(70)).toHaveLength(1);
    expect(await look(130)).toHaveLength(3);
  });

  test('given a clock that is set ahead while someone watches, when it is looked at, then what it left out was not watched', async () => {
    claim(24 * 60);
    awake = 1000;
    await look(0);
    awake = 1001;
    expect(await look(61)).toEqual([]);
    awake = 1059;
    expect(await look(119)).toEqual([]);
    awake = 1060;
    expect(await look(120)).toMatchObject([{ evidence: { by: 'watched' } }]);
  });

  test('given a machine that slept, or started anew, when it looks again, then it watched while it was awake', async () => {
    claim(24 * 60);
    awake = 500;
    await look(0);
    awake = 510;
    expect(await look(600)).toEqual([]);
    awake = 20;
    expect(await look(700)).toEqual([]);
    awake = 60;
    expect(await look(740)).toHaveLength(1);
  });
});

describe('presence', () => {
  const listed =
    (seen: string, at?: string): Liveness =>
    () => ({ seen, at });

  test('given an execution that is alive, when its stamps are old, then it is not orphaned, and once silent it has a lease', async () => {
    claim(-600);
    expect(await look(0, () => 'alive')).toEqual([]);
    expect(await look(600, () => 'alive')).toEqual([]);
    expect(await look(620, () => 'silent')).toEqual([]);
    expect(await look(660, () => 'silent')).toHaveLength(1);
  });

  test('given presence that is renewed, when it is watched, then each sign counts; once it stands still, it is orphaned after a lease', async () => {
    claim(-600);
    expect(await look(0, listed('s 1'))).toEqual([]);
    expect(await look(50, listed('s 2'))).toEqual([]);
    expect(await look(100, listed('s 3'))).toEqual([]);
    expect(await look(159, listed('s 3'))).toEqual([]);
    expect(await look(160, listed('s 3'))).toMatchObject([{ evidence: { by: 'watched' } }]);
  });

  test('given presence that a dead process left, when a fresh clone looks, then its date counts as a sign like any other', async () => {
    claim(0);
    expect(await look(70, listed('s 9', time(30)))).toEqual([]);
    notes = undefined;
    expect(await look(100, listed('s 9', time(30)))).toMatchObject([
      { evidence: { by: 'dated', last_sign: time(30) } },
    ]);
  });

  test('given presence without a date, when a fresh clone looks, then it has to watch first', async () => {
    claim(-600);
    expect(await look(0, listed('s 1'))).toEqual([]);
    expect(await look(60, listed('s 1'))).toHaveLength(1);
  });

  test('given presence that goes away and is listed again unchanged, when it is watched, then neither was a sign', async () => {
    claim(24 * 60);
    await look(0, listed('s 1'));
    await look(20, () => 'silent');
    expect(await look(60, listed('s 1'))).toHaveLength(1);
  });
});
