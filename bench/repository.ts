import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cloneAlone } from './clone.ts';
import type { BenchOptions } from './options.ts';
import { loadLibrary } from './program.ts';
import { atMost, count, type Row, type Suite } from './row.ts';
import type { SeedPlan } from './seed/plan.ts';
import { planTraffic, runBatch } from './traffic.ts';
import { git, tell, withFolder } from './workspace.ts';

const TRANSITIONS = 1_000;
/** Bytes that so many transitions may add. */
const LIMIT_MB = 1;

/** What history costs on disk, after git packed it. */
export const repositorySuite: Suite<BenchOptions> = {
  name: 'repository',
  run: async ({ sizes, oneDay }) => {
    const rows: Row[] = [];
    for (const items of sizes) rows.push(await withFolder((dir) => measureSize(dir, { items, oneDay })));
    return rows;
  },
};

async function measureSize(folder: string, plan: SeedPlan): Promise<Row> {
  tell(`measuring the repository at ${plan.items} items ...`);
  const dir = await cloneAlone(folder, 'growing', plan);
  const transitions = Math.min(TRANSITIONS, plan.items / 2);
  await git(dir, 'gc', '--quiet');
  const before = packBytes(dir);
  await addTransitions(dir, transitions);
  await git(dir, 'gc', '--quiet');
  const [pack, index] = packBytes(dir).map((bytes, n) => (bytes - (before[n] ?? 0)) / 1e6);
  return {
    table: 'Repository: what transitions add to the pack, after git gc',
    what: `${count(transitions)} transitions at ${count(plan.items)} items`,
    figures: {
      'pack MB': pack ?? Number.NaN,
      'index MB': index ?? Number.NaN,
      'pack before, MB': (before[0] ?? 0) / 1e6,
    },
    target: atMost(pack ?? Number.NaN, (LIMIT_MB * transitions) / TRANSITIONS, 'MB'),
  };
}

async function addTransitions(dir: string, transitions: number): Promise<void> {
  const { openLedger } = await loadLibrary();
  const ledger = await openLedger({ dir, actor: 'bench' });
  await runBatch(ledger, await planTraffic(ledger, transitions));
  await ledger.close();
}

/** Bytes of packs, and of the indexes beside them. */
function packBytes(dir: string): [number, number] {
  const folder = join(dir, '.git', 'objects', 'pack');
  const sum = (matches: (name: string) => boolean): number =>
    readdirSync(folder)
      .filter(matches)
      .reduce((bytes, name) => bytes + statSync(join(folder, name)).size, 0);
  return [sum((name) => name.endsWith('.pack')), sum((name) => !name.endsWith('.pack'))];
}
