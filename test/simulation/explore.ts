import type { Violation } from './oracles/oracle.ts';
import type { Fault, Plan } from './plan.ts';
import { run } from './run.ts';
import { type Call, type Choose, earliest } from './scheduler.ts';
import { nameOf } from './shrink.ts';
import type { Reach } from './world/process.ts';

/** A call that could go next at a point, as far as its order with others matters. */
interface Option {
  /** Who makes it, and the how manyth of theirs it is among those that were ever chosen from. */
  name: string;
  clone: string;
  process: string;
  touches: readonly string[];
  writes: boolean;
}

/** A point of a run at which there was a choice. */
interface Point {
  options: readonly Option[];
  /** What need not be tried here: whatever it leads to was seen by way of another point. */
  asleep: readonly Option[];
  tried: Option[];
  chosen: Option;
  /** Whose call was chosen before. */
  running: string | undefined;
  /** Switches from a process that could have gone on, up to here. */
  preemptions: number;
}

export interface Exploration {
  /** Interleavings that were run to their end. */
  interleavings: number;
  /** Runs that were left, since all that was possible then had been seen. */
  pruned: number;
  /** False where it ended before it had seen all. */
  complete: boolean;
  /** By oracle and kind, each with the first order of calls that shows it. */
  found: Map<string, { violation: Violation; schedule: readonly string[]; plan: Plan }>;
  /** What can go wrong with each process, in whichever order. */
  faults: Map<string, Fault>;
}

/**
 * Runs a plan in every order of its calls that differs from the others, with at most so many preemptions.
 *
 * Two calls depend on each other where they are of one clone, or touch the same ref of the remote and one of them writes. The order of
 * others makes no difference, so of such orders one is tried (sleep sets). Timers go on when nothing else can.
 *
 * @param goesOn whether another run is to be made
 */
export async function explore(
  plan: Plan,
  preemptions: number,
  goesOn: () => boolean = () => true,
): Promise<Exploration> {
  const seen: Exploration = {
    interleavings: 0,
    pruned: 0,
    complete: false,
    found: new Map(),
    faults: new Map(),
  };
  const busy = new Set(
    plan.callers.map(({ clone }) => clone).filter((clone, at, all) => all.indexOf(clone) !== at),
  );
  const path: Point[] = [];
  do {
    const walk = new Walk(path, busy, preemptions);
    const { violations, reach } = await run(plan, { choose: walk.choose });
    for (const [name, own] of reach)
      for (const fault of faultsOf(name, own)) seen.faults.set(JSON.stringify(fault), fault);
    if (walk.pruned) seen.pruned += 1;
    else {
      seen.interleavings += 1;
      const schedule = path.map(({ chosen }) => chosen.name);
      for (const violation of violations)
        if (!seen.found.has(nameOf(violation)))
          seen.found.set(nameOf(violation), { violation, schedule, plan });
    }
    seen.complete = !goBack(path, preemptions);
  } while (!seen.complete && goesOn());
  return seen;
}

/** One thing that goes wrong, for each thing that can: a process dies, a message fares badly in each way. */
function* faultsOf(process: string, { messages, deaths }: Reach): Generator<Fault> {
  // Of a message that only asks it makes no difference whether it or its answer is lost.
  for (const [at, { writes }] of messages.entries())
    for (const kind of writes
      ? (['answer lost', 'never arrives', 'torn'] as const)
      : (['answer lost'] as const))
      yield { kind: 'message', process, message: at + 1, mishap: { kind } };
  for (const death of deaths) yield { kind: 'kill', process, ...death, back_after_ms: 0 };
}

/** Repeats the choices of a path, and from its end on makes the first that are left. */
class Walk {
  pruned = false;
  readonly #path: Point[];
  readonly #busy: ReadonlySet<string>;
  readonly #most: number;
  readonly #names = new Map<Call, string>();
  readonly #counts = new Map<string, number>();
  #at = 0;

  constructor(path: Point[], busy: ReadonlySet<string>, most: number) {
    this.#path = path;
    this.#busy = busy;
    this.#most = most;
  }

  readonly choose: Choose = (parked) => {
    const [timers, waiting] = [parked.filter(isTimer), parked.filter((call) => !isTimer(call))];
    // What nobody else can see goes at once, as does who is due; other timers wait for all that can go on without them.
    const now = Math.min(...waiting.map(({ due }) => due));
    const next = waiting.find((call) => !this.#isOpen(call)) ?? timers.find(({ due }) => due <= now);
    if (next !== undefined && waiting.length > 0) return next;
    if (waiting.length === 0) return earliest(timers);
    const options = waiting.map((call) => this.#optionOf(call));
    const chosen = this.#next(options);
    this.pruned = chosen === undefined;
    return chosen && waiting[options.findIndex(({ name }) => name === chosen.name)];
  };

  #next(options: readonly Option[]): Option | undefined {
    const known = this.#path[this.#at];
    this.#at += 1;
    if (known !== undefined) return known.chosen;
    const before = this.#path.at(-1);
    const asleep =
      before === undefined
        ? []
        : [...before.asleep, ...before.tried].filter((one) => !depend(one, before.chosen));
    const point: Omit<Point, 'chosen'> = {
      options,
      asleep,
      tried: [],
      running: before?.chosen.process,
      preemptions: before === undefined ? 0 : before.preemptions + costOf(before, before.chosen),
    };
    const [chosen] = left(point, this.#most);
    if (chosen === undefined) return undefined;
    this.#path.push({ ...point, chosen });
    return chosen;
  }

  /** Whether somebody else could come between. */
  #isOpen({ by, touches }: Call): boolean {
    return touches.some((one) => one.startsWith('remote ')) || this.#busy.has(cloneOf(by.name));
  }

  #optionOf(call: Call): Option {
    const { by, touches, writes } = call;
    const known = this.#names.get(call);
    const count = (this.#counts.get(by.name) ?? 0) + Number(known === undefined);
    this.#counts.set(by.name, count);
    const name = known ?? `${by.name} ${count}: ${call.what}`;
    this.#names.set(call, name);
    const remote = touches.filter((one) => one.startsWith('remote '));
    return { name, clone: cloneOf(by.name), process: processOf(by.name), touches: remote, writes };
  }
}

/** What is left to try at a point: first whoever went on before. */
function left(point: Omit<Point, 'chosen'>, most: number): Option[] {
  const seen = new Set([...point.asleep, ...point.tried].map(({ name }) => name));
  const open = point.options.filter(
    (one) => !seen.has(one.name) && point.preemptions + costOf(point, one) <= most,
  );
  return open.sort((one, other) => costOf(point, one) - costOf(point, other));
}

/** Whether it takes the turn from a process that could have gone on. */
const costOf = ({ running, options }: Pick<Point, 'running' | 'options'>, { process }: Option): number =>
  process !== running && options.some((other) => other.process === running) ? 1 : 0;

/** Makes another choice at the last point that has one. @returns false where there is none */
function goBack(path: Point[], most: number): boolean {
  for (let last = path.pop(); last !== undefined; last = path.pop()) {
    const tried = [...last.tried, last.chosen];
    const [chosen] = left({ ...last, tried }, most);
    if (chosen === undefined) continue;
    path.push({ ...last, tried, chosen });
    return true;
  }
  return false;
}

function depend(one: Option, other: Option): boolean {
  if (one.clone === other.clone) return true;
  return (one.writes || other.writes) && one.touches.some((a) => other.touches.some((b) => overlap(a, b)));
}

/** `refs/inbox/*` stands for all that begin so. */
function overlap(one: string, other: string): boolean {
  if (one.endsWith('*')) return other.startsWith(one.slice(0, -1));
  return other.endsWith('*') ? one.startsWith(other.slice(0, -1)) : one === other;
}

/** A message is of the process that sent it: `ada.1#3` of `ada.1`. */
const processOf = (name: string): string => name.split('#')[0] ?? '';
const cloneOf = (name: string): string => name.split('.')[0] ?? '';
const isTimer = ({ touches }: Call): boolean => touches.length === 0;
