import type { Violation } from './oracles/oracle.ts';
import type { Fault, Plan } from './plan.ts';
import { run } from './run.ts';
import { type Call, type Choose, earliest } from './scheduler.ts';
import { nameOf } from './shrink.ts';
import { Steps, type Touched } from './steps.ts';
import type { Reach } from './world/process.ts';

/** A call that could go next at a point, as far as its order with others matters. */
interface Option {
  /** Who makes it, and the how manyth of theirs it is among those that were ever chosen from. */
  name: string;
  process: string;
}

/** One that was taken, with all that its step touched. */
interface Step extends Option {
  touched: readonly Touched[];
}

/** A point of a run at which there was a choice. */
interface Point {
  options: readonly Option[];
  /** What need not be tried here: whatever it leads to was seen by way of another point. */
  asleep: readonly Step[];
  tried: Step[];
  chosen: Option;
  /** What its step touched. */
  touched: readonly Touched[];
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
  /** Points at which all stood in a way of its own. */
  states: number;
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
 * A step is a call and all that follows from it. Two steps depend on each other where they are of one process, or where one of them writes
 * what the other touches: a ref of the remote or of a clone, a lock, a request, a key of local state. The order of others makes no
 * difference, so of such orders one is tried (sleep sets). Where all stands as it stood before, nothing is tried again. Timers go on when
 * nothing else can.
 *
 * @param goesOn whether another run is to be made
 */
export async function explore(
  plan: Plan,
  preemptions: number,
  goesOn: (seen: Exploration) => boolean = () => true,
): Promise<Exploration> {
  const seen: Exploration = {
    interleavings: 0,
    pruned: 0,
    states: 0,
    complete: false,
    found: new Map(),
    faults: new Map(),
  };
  const busy = new Set(
    plan.callers.map(({ clone }) => clone).filter((clone, at, all) => all.indexOf(clone) !== at),
  );
  const path: Point[] = [];
  const known: Known = new Map();
  do {
    const steps = new Steps();
    const walk = new Walk(path, { busy, most: preemptions, known, steps });
    const { violations, reach } = await run(plan, { choose: walk.choose, steps });
    for (const [name, own] of reach)
      for (const fault of faultsOf(name, own)) seen.faults.set(JSON.stringify(fault), fault);
    const last = path.at(-1);
    if (last !== undefined && !steps.isLeft) last.touched = steps.take();
    if (steps.isLeft) seen.pruned += 1;
    else {
      seen.interleavings += 1;
      const schedule = path.map(({ chosen }) => chosen.name);
      for (const violation of violations)
        if (!seen.found.has(nameOf(violation)))
          seen.found.set(nameOf(violation), { violation, schedule, plan });
    }
    seen.states = known.size;
    seen.complete = !goBack(path, preemptions);
  } while (!seen.complete && goesOn(seen));
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

/** How all stood, each with the ways in which it was gone on from: with how many preemptions, and what was asleep. */
type Known = Map<string, { preemptions: number; asleep: readonly string[] }[]>;

/** Repeats the choices of a path, and from its end on makes the first that are left. */
class Walk {
  readonly #path: Point[];
  readonly #busy: ReadonlySet<string>;
  readonly #most: number;
  readonly #known: Known;
  readonly #steps: Steps;
  readonly #names = new Map<Call, string>();
  readonly #counts = new Map<string, number>();
  #at = 0;

  constructor(
    path: Point[],
    { busy, most, known, steps }: { busy: ReadonlySet<string>; most: number; known: Known; steps: Steps },
  ) {
    this.#path = path;
    this.#busy = busy;
    this.#most = most;
    this.#known = known;
    this.#steps = steps;
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
    this.#steps.isLeft = chosen === undefined;
    return chosen && waiting[options.findIndex(({ name }) => name === chosen.name)];
  };

  #next(options: readonly Option[]): Option | undefined {
    const before = this.#path[this.#at - 1];
    const known = this.#path[this.#at];
    const touched = this.#steps.take();
    if (before !== undefined) before.touched = touched;
    this.#at += 1;
    if (known !== undefined) return known.chosen;
    const point: Omit<Point, 'chosen'> = {
      options,
      asleep: before === undefined ? [] : stillAsleep(before),
      tried: [],
      running: before?.chosen.process,
      preemptions: before === undefined ? 0 : before.preemptions + costOf(before, before.chosen),
      touched: [],
    };
    const [chosen] = this.#wasSeen(point) ? [] : left(point, this.#most);
    if (chosen === undefined) return undefined;
    this.#path.push({ ...point, chosen });
    return chosen;
  }

  /** Whether all stood so before, with as much left to try. */
  #wasSeen({ running, preemptions, asleep }: Omit<Point, 'chosen'>): boolean {
    const state = `${running} ${this.#steps.state()}`;
    const names = asleep.map(({ name }) => name);
    const ways = this.#known.get(state) ?? [];
    if (ways.some((way) => way.preemptions <= preemptions && way.asleep.every((one) => names.includes(one))))
      return true;
    this.#known.set(state, [...ways, { preemptions, asleep: names }]);
    return false;
  }

  /** Whether somebody else could come between. */
  #isOpen({ by, touches }: Call): boolean {
    return touches.some((one) => one.startsWith('remote ')) || this.#busy.has(cloneOf(by.name));
  }

  #optionOf(call: Call): Option {
    const { by } = call;
    const known = this.#names.get(call);
    const count = (this.#counts.get(by.name) ?? 0) + Number(known === undefined);
    this.#counts.set(by.name, count);
    const name = known ?? `${by.name} ${count}: ${call.what}`;
    this.#names.set(call, name);
    return { name, process: processOf(by.name) };
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
    const tried = [...last.tried, stepOf(last)];
    const [chosen] = left({ ...last, tried }, most);
    if (chosen === undefined) continue;
    path.push({ ...last, tried, chosen });
    return true;
  }
  return false;
}

const stepOf = ({ chosen, touched }: Point): Step => ({ ...chosen, touched });

/** What was tried at a point, or was asleep there, and does not depend on what was taken. */
const stillAsleep = (point: Point): Step[] =>
  [...point.asleep, ...point.tried].filter((one) => !depend(one, stepOf(point)));

const depend = (one: Step, other: Step): boolean =>
  one.process === other.process ||
  one.touched.some((a) => other.touched.some((b) => (a.writes || b.writes) && overlap(a.name, b.name)));

/** `refs/inbox/*` stands for all that begin so. */
function overlap(one: string, other: string): boolean {
  if (one.endsWith('*')) return other.startsWith(one.slice(0, -1));
  return other.endsWith('*') ? one.startsWith(other.slice(0, -1)) : one === other;
}

/** A message is of the process that sent it: `ada.1#3` of `ada.1`. */
const processOf = (name: string): string => name.split('#')[0] ?? '';
const cloneOf = (name: string): string => name.split('.')[0] ?? '';
const isTimer = ({ touches }: Call): boolean => touches.length === 0;
