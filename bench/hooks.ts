import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cloneAlone, copyBare } from './clone.ts';
import { type Measured, measure, measureInterleaved, type Subject } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { figuresOf } from './process/line.ts';
import { loadLibrary, NODE, wl } from './program.ts';
import { atMost, count, type Row, type Suite } from './row.ts';
import type { SeedPlan } from './seed/plan.ts';
import { BRANCH } from './seed.ts';
import { planTraffic, runBatch } from './traffic.ts';
import { git, run, tell, withFolder } from './workspace.ts';

const REF = `refs/heads/${BRANCH}`;
/** What the hook of a server may add to a push of one commit. */
const LIMIT_MS = 150;

/** What a server's hook costs a push of one commit. */
export const hooksSuite: Suite<BenchOptions> = {
  name: 'hooks',
  run: async ({ sizes, runs, oneDay }) => {
    const rows: Row[] = [];
    for (const items of sizes)
      rows.push(...(await withFolder((dir) => measureSize(dir, { items, oneDay }, runs))));
    return rows;
  },
};

async function measureSize(folder: string, plan: SeedPlan, runs: number): Promise<Row[]> {
  tell(`measuring the hook of a server with ${plan.items} items, ${runs} runs ...`);
  const dir = await cloneAlone(folder, 'pushing', plan);
  // One more, so that each server's index is there before it is measured.
  const commits = await writeCommits(dir, runs + 1);
  const plain = await copyBare(folder, 'plain.git', plan);
  const guarded = await withHook(await copyBare(folder, 'guarded.git', plan));
  const judging = await withHook(await copyBare(folder, 'judging.git', plan));
  await git(judging, 'fetch', '--quiet', dir, `${REF}:refs/bench/all`);
  const node: Subject = { what: 'node -e 0', cwd: folder, command: () => NODE };
  const hook: Subject = {
    what: 'the hook alone, one commit',
    cwd: judging,
    command: (n) => judge(commits, n + 1),
    before: (n) => git(judging, 'update-ref', REF, commits[n + 1] ?? ''),
  };
  const [without, within] = [pushTo(plain, commits, dir), pushTo(guarded, commits, dir)];
  for (const subject of [hook, without, within]) await measure(subject.command(-1), subject.cwd);
  const of = await measureInterleaved([node, hook, without, within], runs);
  const [own, bare, all] = [of(hook), of(without), of(within)];
  const table = `Hooks at ${count(plan.items)} items (medians; CPU is user + system, children counted)`;
  const line = (what: string, measured: Measured): Row => ({
    table,
    what,
    figures: figuresOf(measured, of(node)),
  });
  return [
    line(node.what, of(node)),
    { ...line(hook.what, own), target: atMost(own.wall, LIMIT_MS, 'ms wall') },
    line('git push, one commit, no hook', bare),
    { ...line('git push, one commit, hook', all), target: atMost(all.wall - bare.wall, LIMIT_MS, 'ms more') },
    line('the hook alone, no index yet', await measureFirst(judging, commits)),
  ];
}

/** @returns so many commits in a row, and before them the one that they build on */
async function writeCommits(dir: string, many: number): Promise<string[]> {
  const { openLedger } = await loadLibrary();
  const ledger = await openLedger({ dir, actor: 'bench' });
  await runBatch(ledger, await planTraffic(ledger, many));
  await ledger.close();
  const listed = await git(dir, 'rev-list', '--reverse', `--max-count=${many + 1}`, REF);
  return listed.split('\n');
}

async function withHook(dir: string): Promise<string> {
  const [program = '', ...args] = wl('hooks', 'install', '--server', dir);
  await run(dir, program, args);
  return dir;
}

const pushTo = (to: string, commits: readonly string[], cwd: string): Subject => ({
  what: to,
  cwd,
  command: (n) => ['git', 'push', '--quiet', to, `${commits[n + 2]}:${REF}`],
});

/** What git tells the hook, and how it calls it. */
function judge(commits: readonly string[], from: number): string[] {
  const script = `printf '%s %s %s\\n' "$@" | GIT_DIR=. hooks/pre-receive`;
  return ['sh', '-c', script, 'sh', commits[from] ?? '', commits[from + 1] ?? '', REF];
}

async function measureFirst(dir: string, commits: readonly string[]): Promise<Measured> {
  await git(dir, 'update-ref', REF, commits[0] ?? '');
  await rm(join(dir, 'work-ledger'), { recursive: true, force: true });
  return measure(judge(commits, 0), dir);
}
