import { startAll } from './crowd.ts';
import { apply, fatesOf } from './faults.ts';
import { Guard } from './guard.ts';
import { branchOracles } from './oracles/all.ts';
import { History } from './oracles/history.ts';
import type { Evidence, Violation } from './oracles/oracle.ts';
import type { Fault, Plan } from './plan.ts';
import { preload } from './preload.ts';
import { type Choose, earliest } from './scheduler.ts';
import { settle } from './settle.ts';
import type { Steps } from './steps.ts';
import type { ToldCall } from './told.ts';
import { baseOf } from './world/base.ts';
import { BRANCH } from './world/host.ts';
import type { Reach } from './world/process.ts';
import { World } from './world/world.ts';

export interface Result {
  violations: Violation[];
  calls: readonly ToldCall[];
  /** Transitions that the branch had in the end, beyond those it began with. */
  transitions: number;
  /** How many times somebody could have come between. */
  switches: number;
  /** Virtual milliseconds. */
  took_ms: number;
  /** What each process of a caller did. */
  reach: Map<string, Reach>;
}

export interface RunOptions {
  onEvent?: ((at: number, text: string) => void) | undefined;
  /** Decides on the order of calls, which take no time then. By default each takes some, and whoever is due goes. */
  choose?: Choose | undefined;
  /** Told what each step touches; a run that it leaves is not judged. */
  steps?: Steps | undefined;
}

/** Callers that think for so long have nothing left to do. */
const LONGEST_RUN_MS = 6 * 3_600_000;

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

async function runGuarded(plan: Plan, { onEvent, choose, steps }: RunOptions): Promise<Result> {
  const base = await baseOf(plan.clones, plan.items);
  const world = new World({
    seed: plan.seed,
    from: base,
    fates: fatesOf(plan.faults),
    onEvent,
    instant: choose !== undefined,
    steps,
  });
  steps?.watch(world);
  world.scheduler.choose = choose ?? earliest;
  const record: ToldCall[] = [];
  apply(world, plan.faults);
  const isDone = startAll(world, plan, record);
  const ended = await world.scheduler.run(() => isDone() || world.scheduler.time > LONGEST_RUN_MS);
  steps?.end();
  world.scheduler.choose = earliest;
  if (!ended || !isDone()) for (const call of record) endless(world, call);
  const reach = new Map(world.processes.map(({ name, reach: own }) => [name, own]));
  if (steps?.isLeft) {
    for (const process of world.processes) process.free();
    return { violations: [], calls: record, transitions: 0, switches: 0, took_ms: 0, reach };
  }
  const settled = await settle(world);
  for (const process of world.processes) process.free();
  const history = new History(world.objects);
  const branch = history.lineTo(world.host.tip);
  const { agents, endings, executions, forged, acknowledged, host } = world;
  const evidence: Evidence = {
    plan,
    history,
    branch,
    moves: host.moves,
    denials: host.denials,
    calls: record,
    settled,
    agents,
    endings,
    executions,
    forged,
    acknowledged,
  };
  const circumstances = circumstancesOf(plan);
  const violations = branchOracles.flatMap(({ name, check }) =>
    [...check(evidence)].map((one) => ({ oracle: name, ...one, kind: one.kind + circumstances })),
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

/** Moved ground has failures of its own. */
function circumstancesOf({ faults }: Plan): string {
  const kinds = new Set(faults.map(({ kind }) => kind));
  return ['by hand', 'restored', 'rewritten', 'disk full']
    .filter((kind) => kinds.has(kind as Fault['kind']))
    .map((kind) => `, ${kind}`)
    .join('');
}
