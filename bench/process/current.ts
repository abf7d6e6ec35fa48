import { cloneAlone } from '../clone.ts';
import { measureInterleaved, type Subject } from '../measure.ts';
import { NODE, wl } from '../program.ts';
import { atMost } from '../row.ts';
import type { SeedPlan } from '../seed/plan.ts';
import { RARE_WORD } from '../seed/words.ts';
import { run, tell } from '../workspace.ts';
import { figuresOf, isLarge, type Line } from './line.ts';

interface Read {
  what: string;
  args(id: string): string[];
  /** How many times the cost of node alone: up to 10,000 items, and above. */
  limits: readonly [number, number];
}

const READS: readonly Read[] = [
  { what: 'wl ready', args: () => ['ready'], limits: [1.5, 1.6] },
  { what: 'wl list --limit 50', args: () => ['list', '--limit', '50'], limits: [1.5, 1.6] },
  { what: 'wl show ID', args: (id) => ['show', id], limits: [1.5, 1.6] },
  { what: 'wl next', args: () => ['next'], limits: [1.5, 1.6] },
  { what: 'wl search WORD', args: () => ['search', RARE_WORD], limits: [1.7, 2] },
  { what: 'wl history ID', args: (id) => ['history', id], limits: [1.7, 1.8] },
];

const WRITES = ['claim', 'complete'] as const;
/** Times node alone, up to 10,000 items. */
const WRITE_LIMIT = 4;
/** Times its own cost in a small ledger, above. */
const GROWTH_LIMIT = 1.2;

/** Reads of a ledger whose index is current, and writes of one that has no remote, beside those of a small one. */
export async function measureCurrent(folder: string, plan: SeedPlan, runs: number): Promise<Line[]> {
  const reading = await cloneAlone(folder, 'reading', plan);
  const [id = ''] = await warmUp(reading, 1);
  const reads = READS.map(({ what, args }) => subject(what, reading, () => args(id)));
  for (const { command, cwd } of reads) await runCommand(cwd, command(0));
  const writes = await prepareWrites(await cloneAlone(folder, 'writing', plan), runs);
  // One in five is ready.
  const small = { ...plan, items: Math.max(100, 5 * (runs + 1)) };
  const smallWrites = await prepareWrites(await cloneAlone(folder, 'small', small), runs);

  tell(`measuring ${plan.items} items, ${runs} runs ...`);
  const node: Subject = { what: 'node -e 0', command: () => NODE, cwd: folder };
  const of = await measureInterleaved([node, ...reads, ...writes, ...smallWrites], runs);
  const large = isLarge(plan.items);
  const readLines = READS.map(({ what, limits }, index) => {
    const figures = figuresOf(of(reads[index] ?? node), of(node));
    return { what, figures, target: atMost(figures['× node'], limits[large ? 1 : 0], '× node') };
  });
  const writeLines = writes.map((write, index) => {
    const growth = of(write).cpu / of(smallWrites[index] ?? node).cpu;
    const figures = { ...figuresOf(of(write), of(node)), '× small': growth };
    const target = large
      ? atMost(growth, GROWTH_LIMIT, '× small')
      : atMost(figures['× node'], WRITE_LIMIT, '× node');
    return { what: `wl ${write.what} ID, no remote`, figures, target, note: `small: ${small.items} items` };
  });
  return [{ what: node.what, figures: figuresOf(of(node), of(node)) }, ...readLines, ...writeLines];
}

/** Each run claims an item of its own, and then completes it. */
async function prepareWrites(dir: string, runs: number): Promise<Subject[]> {
  const [first = '', ...ids] = await warmUp(dir, runs + 1);
  if (ids.length < runs) throw new Error(`${dir} has too few ready items for ${runs} runs.`);
  for (const verb of WRITES) await runCommand(dir, wl('-C', dir, verb, first));
  return WRITES.map((verb) => subject(verb, dir, (n) => [verb, ids[n] ?? '']));
}

/** Makes the index current. @returns ids of so many ready items */
async function warmUp(dir: string, count: number): Promise<string[]> {
  const ids = await runCommand(dir, wl('-C', dir, 'ready', '--quiet', '--limit', String(count)));
  return ids.split('\n').filter((id) => id !== '');
}

function subject(what: string, cwd: string, args: (run: number) => string[]): Subject {
  return { what, cwd, command: (n) => wl(...args(n)) };
}

const runCommand = (cwd: string, [program = '', ...args]: readonly string[]): Promise<string> =>
  run(cwd, program, args);
