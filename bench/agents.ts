import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import type { WorkerReport } from '../src/agents.ts';
import { cpuTime } from './cpu-time.ts';
import type { BenchOptions } from './options.ts';
import { loadLibrary, wl } from './program.ts';
import { count, type Row, type Suite } from './row.ts';
import { benchEnvironment, git, tell, withFolder } from './workspace.ts';

interface Shape {
  workers: number;
  items: number;
}

const SHAPES: readonly Shape[] = [
  { workers: 1, items: 50 },
  { workers: 6, items: 60 },
  { workers: 20, items: 200 },
];
const QUICK: readonly Shape[] = [{ workers: 6, items: 24 }];
const TABLE = 'Workers: `wl work` on clones of their own, whose program does nothing';

/** Workers that share what is ready, until nothing is. */
export const agentsSuite: Suite<BenchOptions> = {
  name: 'agents',
  run: async ({ quick }) => {
    const rows: Row[] = [];
    for (const shape of quick ? QUICK : SHAPES) {
      tell(`${shape.workers} workers, ${shape.items} items`);
      rows.push(await withFolder((folder) => measureWorkers(folder, shape)));
    }
    return rows;
  },
};

async function measureWorkers(folder: string, { workers, items }: Shape): Promise<Row> {
  const dirs = await makeClones(folder, workers + 1);
  const [planner = '', ...others] = dirs;
  const { initLedger } = await loadLibrary();
  const { ledger } = await initLedger({ dir: planner, actor: 'planner' });
  await ledger.work.batch(
    Array.from({ length: items }, (_, n) =>
      ledger.work.command('create', { fields: { title: `Item ${n}` } }),
    ),
  );
  const [began, cpu] = [performance.now(), cpuTime()];
  const reports = await Promise.all(others.map(work));
  const seconds = (performance.now() - began) / 1000;
  const cpuEnd = cpuTime();
  await ledger.clone.fetch();
  const faults = await findFaults(planner, items, (await ledger.audit.verify()).ok);
  await ledger.close();
  const total = (key: keyof WorkerReport): number => reports.reduce((sum, report) => sum + report[key], 0);
  return {
    table: TABLE,
    what: `${count(workers)} workers, ${count(items)} items`,
    figures: {
      'items a second': items / seconds,
      'wall, s': seconds,
      'claims asked': total('claims'),
      'claims accepted': total('started'),
      'fewest items of a worker': Math.min(...reports.map(({ started }) => started)),
      'most items of a worker': Math.max(...reports.map(({ started }) => started)),
      ...(cpu === undefined || cpuEnd === undefined ? {} : { 'CPU an item, ms': (cpuEnd - cpu) / items }),
    },
    target: {
      words: faults.length === 0 ? 'each item completed once' : faults.join(', '),
      met: faults.length === 0,
    },
  };
}

async function makeClones(folder: string, clones: number): Promise<string[]> {
  const bare = join(folder, 'remote.git');
  await git(folder, 'init', '--quiet', '--bare', '--initial-branch=main', bare);
  await git(bare, 'config', 'receive.autogc', 'false');
  const dirs = Array.from({ length: clones }, (_, n) => join(folder, `clone-${n}`));
  for (const dir of dirs) await git(folder, 'clone', '--quiet', pathToFileURL(bare).href, dir);
  return dirs;
}

/** Runs a worker until nothing is ready. @returns what it says at the end @throws where it fails */
async function work(dir: string, n: number): Promise<WorkerReport> {
  const [program = '', ...args] = wl('work', '--idle-exit', '--', 'true');
  const env = { ...benchEnvironment(), WL_ACTOR: `worker-${n}` };
  const child = spawn(program, args, { cwd: dir, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  let report: WorkerReport | undefined;
  for await (const line of createInterface(child.stdout)) {
    const event = JSON.parse(line) as { type: string };
    if (event.type === 'ended') report = event as unknown as WorkerReport;
  }
  const [status] = await ended;
  if (report === undefined || status !== 0) throw new Error(`worker ${n} ended with ${status}`);
  return report;
}

/** What plain git shows to be wrong, and whether the ledger's own check found nothing. */
async function findFaults(dir: string, items: number, verified: boolean): Promise<string[]> {
  const format =
    '--format=%(trailers:key=Work-Verb,valueonly,separator=) %(trailers:key=Work-Item,valueonly,separator=)';
  const log = await git(dir, 'log', format, 'work-ledger');
  const done = log.split('\n').filter((line) => line.startsWith('complete '));
  return [
    ...(new Set(done).size === items ? [] : [`${items - new Set(done).size} not completed`]),
    ...(done.length === new Set(done).size ? [] : [`${done.length - new Set(done).size} completed twice`]),
    ...(verified ? [] : ['wl verify finds something']),
  ];
}
