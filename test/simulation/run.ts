import { work } from './caller.ts';
import { asSimulated, Guard } from './guard.ts';
import { branchOracles } from './oracles/all.ts';
import { History } from './oracles/history.ts';
import type { Evidence, Violation } from './oracles/oracle.ts';
import type { Caller, Fault, Plan } from './plan.ts';
import { preload } from './preload.ts';
import { type Call, type Choose, earliest, type Fate } from './scheduler.ts';
import { settle } from './settle.ts';
import type { ToldCall } from './told.ts';
import { baseOf } from './world/base.ts';
import type { Clone } from './world/clone.ts';
import { BRANCH } from './world/host.ts';
import type { Process } from './world/process.ts';
import { type Fates, World } from './world/world.ts';

export interface Result {
  violations: Violation[];
  calls: readonly ToldCall[];
  /** Transitions that the branch had in the end, beyond those it began with. */
  transitions: number;
  /** How many times somebody could have come between. */
  switches: number;
  /** Virtual milliseconds. */
  took_ms: number;
  /** How many calls each process of a caller made, and how many messages it sent. */
  reach: Map<string, { calls: number; messages: number }>;
}

export interface RunOptions {
  onEvent?: ((at: number, text: string) => void) | undefined;
  /** Decides on the order of calls, which take no time then. By default each takes some, and whoever is due goes. */
  choose?: Choose | undefined;
}

/** Callers that think for so long have nothing left to do. */
const LONGEST_RUN_MS = 3_600_000;

/** Does what a plan says, lets everything settle, and judges by what came of it. */
export async function run(plan: Plan, options: RunOptions = {}): Promise<Result> {
  await preload();
  const guard = new Guard();
  try {
    const result = await runGuarded(plan, options);
    const around = guard.broken.map((text) => ({ oracle: 'ports', kind: 'gone around', text }));
    return { ...result, violations: [...result.violations, ...around] };
  } finally {
    guard.lift();
  }
}

async function runGuarded(plan: Plan, { onEvent, choose }: RunOptions): Promise<Result> {
  const base = await baseOf(plan.clones, plan.items);
  const world = new World({
    seed: plan.seed,
    from: base,
    fates: fatesOf(plan.faults),
    onEvent,
    instant: choose !== undefined,
  });
  world.scheduler.choose = choose ?? earliest;
  const record: ToldCall[] = [];
  apply(world, plan.faults);
  const isDone = startAll(world, plan, record);
  const ended = await world.scheduler.run(() => isDone() || world.scheduler.time > LONGEST_RUN_MS);
  world.scheduler.choose = earliest;
  if (!ended || !isDone()) for (const call of record) endless(world, call);
  const reach = new Map(world.processes.map(({ name, calls, messages }) => [name, { calls, messages }]));
  const settled = await settle(world);
  for (const process of world.processes) process.free();
  const history = new History(world.objects);
  const branch = history.lineTo(world.host.tip);
  const evidence: Evidence = { plan, history, branch, moves: world.host.moves, calls: record, settled };
  const violations = branchOracles.flatMap(({ name, check }) =>
    [...check(evidence)].map((one) => ({ oracle: name, ...one })),
  );
  return {
    violations,
    calls: record,
    transitions: branch.length - history.lineTo(base.refs.get(BRANCH)).length,
    switches: world.scheduler.calls,
    took_ms: world.scheduler.time,
    reach,
  };
}

/** A call of a process that lives and was not told anything when all else had ended. */
function endless(world: World, call: ToldCall): void {
  const isAlive = world.processes.some(({ name, alive }) => name === call.process && alive);
  if (call.told === undefined && isAlive) call.ended = world.scheduler.time;
}

function fatesOf(faults: readonly Fault[]): Fates {
  const kills = faults.filter((fault) => fault.kind === 'kill');
  const messages = faults.filter((fault) => fault.kind === 'message');
  return {
    fateOf: ({ by, number }: Call & { number: number }): Fate => {
      const kill = kills.find(({ process, call }) => process === by.name && call === number);
      return kill === undefined ? 'ahead' : `dies ${kill.when}`;
    },
    mishapOf: ({ name }: Process, number: number) =>
      messages.find(({ process, message }) => process === name && message === number)?.mishap,
  };
}

/** Faults that last for a while. */
function apply({ host, clones, scheduler }: World, faults: readonly Fault[]): void {
  const lags = faults.filter((fault) => fault.kind === 'lag');
  host.lag_ms = (at) => Math.max(0, ...lags.filter((lag) => isDuring(lag, at)).map(({ by_ms }) => by_ms));
  for (const fault of faults) {
    if (fault.kind === 'skew') clones.get(fault.clone)?.skews.push(fault);
    if (fault.kind === 'refusal')
      host.rules.push(({ by, ref }, at) => {
        const meant = fault.refs === 'all' || (fault.refs === 'branch') === (ref === BRANCH);
        return by === fault.clone && meant && isDuring(fault, at) ? 'you may not' : undefined;
      });
  }
  const isNow = (kind: 'outage' | 'silence') => () =>
    faults.some((fault) => fault.kind === kind && isDuring(fault, scheduler.time));
  host.isAway = isNow('outage');
  host.isSilent = isNow('silence');
}

const isDuring = ({ from, until }: { from: number; until: number }, at: number): boolean =>
  from <= at && at < until;

/** @returns what tells whether all callers are done */
function startAll(world: World, plan: Plan, record: ToldCall[]): () => boolean {
  let working = 0;
  const begin = (caller: Caller, clone: Clone): void => {
    const process = world.start(clone);
    limit(process, plan.faults);
    let left = caller.steps;
    working += 1;
    process.onKilled = () => {
      working -= 1;
      const kill = plan.faults.find((fault) => fault.kind === 'kill' && fault.process === process.name);
      const after = kill?.kind === 'kill' ? kill.back_after_ms : 0;
      working += 1;
      void world.scheduler.sleep({ name: 'init', alive: true }, after, 'starts it again').then(() => {
        working -= 1;
        begin({ ...caller, steps: left }, clone);
      });
    };
    const begun = (): void => {
      left = left.slice(1);
    };
    void asSimulated(() => work(world, process, { ...caller, steps: left }, { record, begun })).then(() => {
      working -= 1;
    });
  };
  for (const caller of plan.callers) {
    const clone = world.clones.get(caller.clone);
    if (clone !== undefined) begin(caller, clone);
  }
  return () => working === 0;
}

function limit(process: Process, faults: readonly Fault[]): void {
  for (const fault of faults) {
    if (fault.kind === 'slow' && fault.process === process.name) process.slowness = fault.times;
    if (fault.kind === 'stop' && fault.process === process.name) process.stops = fault;
  }
}
