import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cloneOf, copyBare } from './clone.ts';
import { measureInterleaved, type Subject } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { figuresOf } from './process/line.ts';
import { loadLibrary, NODE, wl } from './program.ts';
import { atMost, count, type Row, type Suite } from './row.ts';
import type { SeedPlan } from './seed/plan.ts';
import { planTraffic, runBatch } from './traffic.ts';
import { git, run, tell, withFolder } from './workspace.ts';

interface Call {
  what: string;
  args: readonly string[];
  /** How many commits of others it brings. */
  commits: number;
  /** What checking them may cost: so many times the CPU of the call without that. */
  limit: number;
}

/** Between two of them the worker of another clone did something; the agent makes a checkpoint itself. */
const AGENT = 'exec "$0" "$1" checkpoint "$WL_WORK_ID" --step half --summary "it goes on" >/dev/null';

const CALLS: readonly Call[] = [
  { what: 'wl sync', args: ['sync'], commits: 1_000, limit: 1.15 },
  {
    what: 'wl work --once',
    args: ['work', '--once', '--', 'sh', '-c', AGENT, ...wl()],
    commits: 3,
    limit: 1.05,
  },
];
/** Of others, which the clone took over and checked before. */
const BEFORE = 100;

/** What it costs that commits of others are checked as they arrive: each call with `ledger.check off`, and as it is by default. */
export const arrivalsSuite: Suite<BenchOptions> = {
  name: 'arrivals',
  run: async ({ sizes, runs, oneDay }) => {
    const rows: Row[] = [];
    for (const items of sizes)
      for (const call of CALLS)
        rows.push(...(await withFolder((dir) => measureCall(dir, { items, oneDay }, call, runs))));
    return rows;
  },
};

async function measureCall(folder: string, plan: SeedPlan, call: Call, runs: number): Promise<Row[]> {
  const commits = Math.min(call.commits, plan.items / 2);
  const what = `${call.what}, ${count(commits)} commits of others`;
  tell(`measuring ${what}, at ${count(plan.items)} items, ${runs} runs ...`);
  const origin = await copyBare(folder, 'origin.git', plan);
  const joined = await cloneOf(origin, folder, 'joined');
  const writer = await cloneOf(origin, folder, 'writer');
  await runIn(joined, 'sync');
  await runIn(joined, 'log');
  await write(writer, BEFORE);
  await runIn(joined, 'sync');
  await runIn(joined, 'ready');
  await write(writer, commits);
  const node: Subject = { what: 'node -e 0', cwd: folder, command: () => NODE };
  const off = prepared(folder, 'off', call, { origin, joined });
  const on = prepared(folder, 'arrivals', call, { origin, joined });
  const of = await measureInterleaved([node, off, on], runs);
  const ratio = of(on).cpu / of(off).cpu;
  const table = `Arrivals at ${count(plan.items)} items: ${what} (medians; CPU is user + system, children counted)`;
  return [
    { table, what: 'not checked (ledger.check off)', figures: figuresOf(of(off), of(node)) },
    {
      table,
      what: 'checked',
      figures: { ...figuresOf(of(on), of(node)), '× not checked': ratio },
      target: atMost(ratio, call.limit, '× not checked'),
    },
  ];
}

/** The same call again and again: each begins with the same clone, and the same remote. */
function prepared(
  folder: string,
  check: string,
  { args }: Call,
  { origin, joined }: { origin: string; joined: string },
): Subject {
  const [cwd, remote] = [join(folder, check), join(folder, `${check}.git`)];
  return {
    what: check,
    cwd,
    command: () => wl(...args),
    before: async () => {
      for (const [from, to] of [
        [joined, cwd],
        [origin, remote],
      ] as const) {
        await rm(to, { recursive: true, force: true });
        await cp(from, to, { recursive: true });
      }
      await git(cwd, 'config', 'remote.origin.url', remote);
      await git(cwd, 'config', 'ledger.check', check);
    },
  };
}

function runIn(dir: string, ...args: readonly string[]): Promise<string> {
  const [program = '', ...words] = wl('-C', dir, ...args);
  return run(dir, program, words);
}

/** So many commits of a clone, which gives up first what nobody works on any more: a worker would look after that. */
async function write(dir: string, commits: number): Promise<void> {
  const { openLedger } = await loadLibrary();
  const ledger = await openLedger({ dir, actor: 'bench' });
  const held = await ledger.getInProgress();
  await runBatch(ledger, [
    ...held.map(({ id, created_by }) =>
      ledger.work.command('cancel', { id, reason: 'nobody is at it' }, created_by),
    ),
    ...(await planTraffic(ledger, commits)),
  ]);
  await ledger.close();
}
