import type { BenchOptions } from './options.ts';
import { measureAfterFetch } from './process/after-fetch.ts';
import { measureCurrent } from './process/current.ts';
import { measureFresh } from './process/fresh.ts';
import { count, type Row, type Suite } from './row.ts';
import type { SeedPlan } from './seed/plan.ts';
import { withFolder } from './workspace.ts';

/** What a user waits for: whole processes of the built program. */
export const processSuite: Suite<BenchOptions> = {
  name: 'process',
  run: async ({ sizes, runs, oneDay }) => {
    const rows: Row[] = [];
    for (const items of sizes) rows.push(...(await measureSize({ items, oneDay }, runs)));
    return rows;
  },
};

async function measureSize(plan: SeedPlan, runs: number): Promise<Row[]> {
  const lines = await withFolder(async (folder) => [
    ...(await measureCurrent(folder, plan, runs)),
    await measureFresh(folder, plan, Math.min(runs, 3)),
    await measureAfterFetch(folder, plan, runs),
  ]);
  const table = `Whole processes at ${count(plan.items)} items (medians; CPU is user + system, children counted)`;
  return lines.map((line) => ({ table, ...line }));
}
