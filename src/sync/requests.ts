import type { LedgerError } from '../domain/errors.ts';

/**
 * The requests of a clone's callers as a state machine: what is decided and committed together, what waits for the remote, and who is
 * told what when.
 *
 * Pure. Two things go on side by side: requests are committed here, and an exchange with the remote brings out what was committed, one of
 * each at a time. `synchronizer.ts` does the work; `test/sync/*.txt` are runs of it.
 *
 * @see docs/sync.md
 */
export interface Requests {
  /** What is not answered yet, in the order in which it was asked for. */
  readonly open: ReadonlyMap<RequestId, Request>;
  readonly commits: boolean;
  /** What waited for the last look is being committed: the next push waits for it, to have it, too. */
  readonly gathers: boolean;
  /** Something is being taken back: the next exchange waits, so that it is not on its way. */
  readonly givesUp: boolean;
  /** `deadline`: until when it may go on. */
  readonly exchange: { requests: readonly RequestId[]; purpose: Purpose; deadline: number } | undefined;
}

export type RequestId = number;

/** What a caller asks for, as far as the order of things depends on it. */
export interface Asked {
  id: RequestId;
  /** `write`: transitions. `sync`: all that is pending is to reach the remote. `fetch`: what the remote has is to be here. */
  kind: 'write' | 'sync' | 'fetch';
  /** Whether its transitions are to reach the remote. */
  publish: boolean;
  /** Whether it takes an item: that means nothing until the remote has it, and a look first saves a lost race. */
  takes: boolean;
  /** Whether it is committed already, by a process that died. */
  committed: boolean;
  /** Until when it waits, in milliseconds of a clock that only goes forward. */
  deadline: number;
}

export interface Request extends Asked {
  /**
   * `asked`: to be committed. `committed`: waits until the remote has it. `in doubt`: there was nothing to do, which rests on something
   * pending that the remote may not take. `waits`: for an exchange.
   */
  stage: 'asked' | 'committing' | 'committed' | 'in doubt' | 'waits';
}

/** What an exchange with the remote is for. */
export type Purpose = 'look' | 'push' | 'push all' | 'sync';

export type Event =
  | { kind: 'asked'; requests: readonly Asked[] }
  /** What committing came to, by request. `settled`: it is answered. */
  | { kind: 'committed'; stages: ReadonlyMap<RequestId, 'settled' | 'committed' | 'in doubt'> }
  | { kind: 'commit failed'; error: unknown }
  | { kind: 'gave up' }
  /**
   * @property failure `passing` is the failure, where it means “not now”
   * @property transferred how long something was coming, in milliseconds: nobody waited in vain then
   */
  | {
      kind: 'exchanged';
      failure: { error: unknown; passing: LedgerError | undefined } | undefined;
      transferred?: number;
    };

export type Effect =
  | { do: 'commit'; requests: readonly RequestId[] }
  /** @property deadline until when it may go on */
  | { do: 'exchange'; purpose: Purpose; requests: readonly RequestId[]; deadline: number }
  /** Somebody waits for the exchange that is under way, and has less time than it was given. */
  | { do: 'hurry'; deadline: number }
  /** All of it is settled: the caller is told what it came to. */
  | { do: 'answer'; requests: readonly RequestId[] }
  /** Nothing of it was begun. */
  | { do: 'refuse'; requests: readonly RequestId[]; error: unknown }
  /** It was committed and the remote could not be asked: claims are taken back, the rest waits for the next sync. */
  | { do: 'give up'; requests: readonly RequestId[]; error: LedgerError };

/** How things stand, as the shell sees it before each step. */
export interface Facts {
  /** Milliseconds of the same clock. */
  now: number;
  /** Whether the remote was looked at so lately that nothing is gained by another look. */
  fresh: boolean;
}

export const NONE: Requests = {
  open: new Map(),
  commits: false,
  gathers: false,
  givesUp: false,
  exchange: undefined,
};

/** @returns the state after `event`, and what there is to do now */
export function step(state: Requests, event: Event, facts: Facts): [Requests, Effect[]] {
  const [now, told] = take(state, event, facts);
  const [begun, begins] = beginNext(now, facts);
  return [begun, [...told, ...begins]];
}

function take(state: Requests, event: Event, facts: Facts): [Requests, Effect[]] {
  switch (event.kind) {
    case 'asked': {
      const asked = event.requests.map((one): [RequestId, Request] => [
        one.id,
        { ...one, stage: stageOf(one, facts) },
      ]);
      return [{ ...state, open: new Map([...state.open, ...asked]) }, []];
    }
    case 'committed': {
      const open = new Map(state.open);
      for (const [id, stage] of event.stages) {
        const request = open.get(id);
        if (stage === 'settled') open.delete(id);
        else if (request !== undefined) open.set(id, { ...request, stage });
      }
      const settled = [...event.stages].flatMap(([id, stage]) => (stage === 'settled' ? [id] : []));
      return [{ ...state, open, commits: false, gathers: false }, told('answer', settled)];
    }
    case 'commit failed': {
      const requests = idsOf(state, ({ stage }) => stage === 'committing');
      const effects = requests.length === 0 ? [] : [{ do: 'refuse' as const, requests, error: event.error }];
      return [{ ...without(state, requests), commits: false, gathers: false }, effects];
    }
    case 'gave up':
      return [{ ...state, givesUp: false }, []];
    case 'exchanged': {
      const now = later(state, event.transferred ?? 0);
      return event.failure === undefined ? afterExchange(now) : afterFailure(now, event.failure, facts);
    }
    default:
      return event satisfies never;
  }
}

/** What takes an item waits for a look first, unless there was one just now. */
function stageOf({ kind, publish, takes, committed }: Asked, { fresh }: Facts): Request['stage'] {
  if (committed) return 'committed';
  return kind !== 'write' || (publish && takes && !fresh) ? 'waits' : 'asked';
}

function afterExchange(state: Requests): [Requests, Effect[]] {
  const { requests = [], purpose = 'look' } = state.exchange ?? {};
  const open = new Map(state.open);
  const answered: RequestId[] = [];
  for (const id of requests) {
    const request = open.get(id);
    if (request === undefined) continue;
    // What was in doubt, and what waited for a look, is decided now, unless that was begun while the exchange was under way.
    if (isOpen(request)) open.set(id, { ...request, stage: 'asked' });
    else if (request.kind !== 'write' || (request.stage === 'committed' && purpose !== 'look')) {
      open.delete(id);
      answered.push(id);
    }
  }
  const gathers =
    purpose === 'look' && [...open.values()].some(({ stage }) => stage === 'asked' || stage === 'committing');
  return [{ ...state, open, gathers, exchange: undefined }, told('answer', answered)];
}

/** Where the time of an exchange was up, and it failed of that, whoever has time left goes on. */
function afterFailure(
  state: Requests,
  { error, passing }: { error: unknown; passing: LedgerError | undefined },
  { now }: Facts,
): [Requests, Effect[]] {
  const { requests = [], purpose = 'look' } = state.exchange ?? {};
  const served = requests
    .flatMap((id) => state.open.get(id) ?? [])
    .filter((one) => isWaiting(one) && (one.stage !== 'committed' || purpose !== 'look'));
  const late = [...state.open.values()].filter((one) => isWaiting(one) && one.deadline <= now);
  const isUp = late.length > 0;
  const over = passing !== undefined && isUp ? late : served;
  // What was committed meanwhile would ask the same remote once more, to be told the same.
  const waiting =
    passing !== undefined && !isUp
      ? [...state.open.values()].filter(({ stage }) => stage === 'committed')
      : [];
  const failed = [...new Set([...over, ...waiting])];
  const [committed, begun] = [
    failed.filter(({ stage }) => stage === 'committed').map(({ id }) => id),
    failed.filter(({ stage }) => stage !== 'committed').map(({ id }) => id),
  ];
  const effects: Effect[] = [];
  if (begun.length > 0) effects.push({ do: 'refuse', requests: begun, error });
  if (committed.length > 0 && passing !== undefined)
    effects.push({ do: 'give up', requests: committed, error: passing });
  else if (committed.length > 0) effects.push({ do: 'refuse', requests: committed, error });
  const givesUp = effects.some((effect) => effect.do === 'give up');
  return [{ ...without(state, [...committed, ...begun]), givesUp, exchange: undefined }, effects];
}

function beginNext(state: Requests, facts: Facts): [Requests, Effect[]] {
  const effects: Effect[] = [];
  let now = state;
  if (facts.fresh) now = changed(now, isLooking, 'asked');
  const ready = now.commits ? [] : idsOf(now, ({ stage }) => stage === 'asked');
  if (ready.length > 0) {
    now = { ...changed(now, ({ stage }) => stage === 'asked', 'committing'), commits: true };
    effects.push({ do: 'commit', requests: ready });
  }
  // Of all that wait: who is not in it waits for it to end.
  const deadline = Math.min(...[...now.open.values()].filter(isWaiting).map((one) => one.deadline));
  if (now.exchange !== undefined) {
    if (deadline >= now.exchange.deadline) return [now, effects];
    return [{ ...now, exchange: { ...now.exchange, deadline } }, [...effects, { do: 'hurry', deadline }]];
  }
  const chosen = now.givesUp ? undefined : chooseExchange(now);
  if (chosen === undefined) return [now, effects];
  const exchange = { ...chosen, deadline };
  return [{ ...now, exchange }, [...effects, { do: 'exchange', ...exchange }]];
}

/** A look comes first, so that what waits for it shares the next push; nobody waits for another one for a while. */
function chooseExchange(state: Requests): Omit<NonNullable<Requests['exchange']>, 'deadline'> | undefined {
  const looking = idsOf(state, isLooking);
  const fetching = idsOf(state, ({ kind }) => kind === 'fetch');
  const syncing = idsOf(state, ({ kind }) => kind === 'sync');
  const committed = idsOf(state, ({ stage }) => stage === 'committed');
  const doubted = idsOf(state, ({ stage }) => stage === 'in doubt');
  const isNext = (ids: readonly RequestId[]): boolean =>
    ids[0] === Math.min(...[fetching, syncing, committed, doubted].flatMap(([first]) => first ?? []));
  if (looking.length > 0 || isNext(fetching)) return { purpose: 'look', requests: [...looking, ...fetching] };
  if (syncing.length > 0)
    return { purpose: 'sync', requests: [...syncing, ...fetching, ...committed, ...doubted] };
  if (state.gathers) return undefined;
  if (doubted.length > 0) return { purpose: 'push all', requests: [...committed, ...doubted] };
  if (committed.length > 0) return { purpose: 'push', requests: committed };
  return undefined;
}

/** A write that nothing can be done for before an exchange ends. */
const isOpen = ({ kind, stage }: Request): boolean =>
  kind === 'write' && (stage === 'waits' || stage === 'in doubt');

/** What waits for an exchange to end, or to begin. */
const isWaiting = (request: Request): boolean =>
  request.kind !== 'write' || isOpen(request) || request.stage === 'committed';

const isLooking = ({ kind, stage }: Request): boolean => kind === 'write' && stage === 'waits';

const idsOf = ({ open }: Requests, is: (request: Request) => boolean): RequestId[] =>
  [...open.values()].filter(is).map(({ id }) => id);

function changed(state: Requests, is: (request: Request) => boolean, stage: Request['stage']): Requests {
  const open = [...state.open].map(([id, one]): [RequestId, Request] => [
    id,
    is(one) ? { ...one, stage } : one,
  ]);
  return { ...state, open: new Map(open) };
}

/** Everybody has so much longer. */
function later(state: Requests, ms: number): Requests {
  if (ms === 0) return state;
  const open = [...state.open].map(([id, one]): [RequestId, Request] => [
    id,
    { ...one, deadline: one.deadline + ms },
  ]);
  return { ...state, open: new Map(open) };
}

function without(state: Requests, requests: readonly RequestId[]): Requests {
  const open = new Map(state.open);
  for (const id of requests) open.delete(id);
  return { ...state, open };
}

const told = (what: 'answer', requests: readonly RequestId[]): Effect[] =>
  requests.length === 0 ? [] : [{ do: what, requests }];
