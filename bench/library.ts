import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { cloneAlone } from './clone.ts';
import type { Figures, TaskName } from './library/tasks.ts';
import type { BenchOptions } from './options.ts';
import { libraryUrl } from './program.ts';
import { atLeast, atMost, count, type Row, type Suite, type Target } from './row.ts';
import type { SeedPlan } from './seed/plan.ts';
import { run, tell, withFolder } from './workspace.ts';

const script = (name: string): string => fileURLToPath(new URL(`./library/${name}`, import.meta.url));
/** What each task runs, before the clone. */
const TASKS = {
  transitions: () => [script('worker.ts'), 'transitions' satisfies TaskName],
  questions: () => [script('worker.ts'), 'questions' satisfies TaskName],
  memory: () => ['--expose-gc', script('memory.mjs'), libraryUrl()],
} as const;

/** What is promised of some lines. */
const TARGETS: Readonly<Record<string, (value: number) => Target>> = {
  'transitions through batch': (value) => atLeast(value, 300, 'a second'),
  'transitions one by one': (value) => atLeast(value, 100, 'a second'),
  'getReadyToStart, limit 50': (value) => atMost(value, 2, 'ms'),
  'getPending, limit 50': (value) => atMost(value, 2, 'ms'),
  'list, limit 50': (value) => atMost(value, 2, 'ms'),
  'peak memory of a process that asks': (value) => atMost(value, 150, 'MB'),
};

/** What a program gets that keeps the library open: each task in a process of its own, so that its memory is its own. */
export const librarySuite: Suite<BenchOptions> = {
  name: 'library',
  run: async ({ sizes, oneDay }) => {
    const rows: Row[] = [];
    for (const items of sizes) rows.push(...(await withFolder((dir) => measureSize(dir, { items, oneDay }))));
    return rows;
  },
};

async function measureSize(folder: string, plan: SeedPlan): Promise<Row[]> {
  const table = `In one process at ${count(plan.items)} items (wall time)`;
  const rows: Row[] = [];
  for (const [task, args] of Object.entries(TASKS)) {
    const dir = await cloneAlone(folder, task, plan);
    tell(`measuring ${task} of the library at ${plan.items} items ...`);
    const ask = (): Promise<string> => run(folder, process.execPath, [...args(), dir]);
    // The first process of a clone reads everything; those that come later are measured.
    if (task === 'memory') await ask();
    const printed = await ask();
    for (const [what, { value, unit }] of Object.entries(JSON.parse(printed) as Figures)) {
      rows.push({ table, what, figures: { [unit]: value }, target: TARGETS[what]?.(value) });
    }
  }
  return rows;
}
