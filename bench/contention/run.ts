import { findFaults } from './checks.ts';
import { type Figures, figuresOf } from './measure.ts';
import type { Job } from './protocol.ts';
import { MAX_PUSHES, SCENARIOS, type Scenario, type Shape } from './scenarios.ts';
import { runTeam } from './team.ts';
import { makeWorld } from './world.ts';

export interface ContentionOptions {
  /** How long each measurement takes, after a warm-up of half of that. */
  seconds?: number | undefined;
  /** Names of scenarios; all of them where none is given. */
  only?: readonly string[] | undefined;
  /** Told of what is being measured. */
  progress?: ((what: string) => void) | undefined;
}

/** One line of the table: the ledger, and the naive loop in the same run. */
export interface ContentionRow {
  scenario: Scenario;
  ledger: Figures;
  naive: Figures;
  /** Accepted a second, as a multiple of the naive loop's. */
  ratio: number;
  /** What issue 3 asks for and this row misses. */
  missed: string[];
}

const SECONDS = 10;
/** More than the fastest team can complete in a second, each with four transitions. */
const ITEMS_A_SECOND = 150;

/** Measures each scenario beside its naive loop. Naive loops of one shape are measured once. */
export async function run(options: ContentionOptions = {}): Promise<ContentionRow[]> {
  const { only, seconds = SECONDS, progress } = options;
  const window = seconds * 1000;
  const naive = new Map<string, Figures>();
  const rows: ContentionRow[] = [];
  for (const scenario of SCENARIOS) {
    if (only !== undefined && !only.includes(scenario.name)) continue;
    const key = JSON.stringify(scenario.beside);
    progress?.(`${scenario.title}: the naive loop`);
    const beside = naive.get(key) ?? (await measure('naive', scenario.beside, window));
    naive.set(key, beside);
    progress?.(scenario.title);
    const ledger = await measure('ledger', scenario.shape, window);
    const ratio = ledger.per_second / beside.per_second;
    rows.push({ scenario, ledger, naive: beside, ratio, missed: missedBy(scenario, ledger, ratio) });
  }
  return rows;
}

async function measure(kind: 'ledger' | 'naive', shape: Shape, window: number): Promise<Figures> {
  const items = Math.ceil((ITEMS_A_SECOND * window) / 1000) + shape.clones * shape.processes * shape.callers;
  const world = await makeWorld(shape, items);
  try {
    const jobs = world.clones.flatMap((dir, clone) =>
      Array.from({ length: shape.processes }, (_, process): Job => {
        const name = `agent-${clone * shape.processes + process}`;
        return { dir, name, callers: shape.callers, warmup: window / 2, window };
      }),
    );
    const works = await runTeam(kind, jobs, world.env);
    const acknowledged = works.flatMap((work) => work.acknowledged);
    return figuresOf(works, window, await findFaults(world, acknowledged, kind));
  } finally {
    await world.cleanup();
  }
}

function missedBy(scenario: Scenario, ledger: Figures, ratio: number): string[] {
  const { slowest } = scenario;
  const longest = 'ms' in slowest ? slowest.ms : slowest.times_median * ledger.median_wait;
  const faults = Object.entries(ledger.faults).filter(([, n]) => n > 0);
  return [
    ...(ratio < scenario.ratio ? [`${scenario.ratio} × naive`] : []),
    ...(ledger.slowest_wait > longest ? [`slowest ≤ ${Math.round(longest)} ms`] : []),
    ...(ledger.pushes > MAX_PUSHES ? [`${MAX_PUSHES} pushes each`] : []),
    ...faults.map(([what, n]) => `${what}: ${n}`),
  ];
}
