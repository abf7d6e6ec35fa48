import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { missingObjects, oldestFirst } from '../src/git/model/history.ts';
import type { NamedObject, ObjectSource } from '../src/git/model/object.ts';
import { OwnPacks } from '../src/git/objects/own-packs.ts';
import { NativeStore } from '../src/store/native.ts';
import { cloneAlone } from './clone.ts';
import { measureInterleaved, type Subject } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { loadLibrary, NODE, wl } from './program.ts';
import { count, type Row, type Suite } from './row.ts';
import type { SeedPlan } from './seed/plan.ts';
import { BRANCH } from './seed.ts';
import { median } from './statistics.ts';
import { planTraffic, runBatch } from './traffic.ts';
import { benchEnvironment, git, run, tell, withFolder } from './workspace.ts';

const REF = `refs/heads/${BRANCH}`;
const TRANSITIONS = 2_000;
const TICK_MS = 10;

/** One way of keeping the packs of single transitions from piling up. */
interface Upkeep {
  what: string;
  /** In this process, after each transition. */
  here?(packs: OwnPacks): Promise<void>;
  /** In the background, where so many packs are there and it is not at it already. */
  beside?: { most: number; args: readonly string[] };
}

const UPKEEPS: readonly Upkeep[] = [
  { what: 'own folding', here: (packs) => packs.fold() },
  {
    what: 'git repack --geometric, beyond 32 packs',
    beside: { most: 32, args: ['repack', '--geometric=2', '-d', '-q'] },
  },
  { what: 'git gc --auto, beyond 50 packs', beside: { most: 50, args: ['gc', '--auto', '--quiet'] } },
  {
    what: 'git maintenance, incremental-repack, beyond 32 packs',
    beside: { most: 32, args: ['maintenance', 'run', '--task=incremental-repack', '--quiet'] },
  },
];

/** What it costs that each transition is a pack of its own: by whom the packs are put together again, and what is left of them. */
export const packsSuite: Suite<BenchOptions> = {
  name: 'packs',
  run: async ({ sizes, runs, oneDay }) => {
    const rows: Row[] = [];
    for (const items of sizes)
      rows.push(...(await withFolder((dir) => measureSize(dir, { items, oneDay }, runs))));
    return rows;
  },
};

async function measureSize(folder: string, plan: SeedPlan, runs: number): Promise<Row[]> {
  const transitions = Math.min(TRANSITIONS, plan.items / 2);
  const source = await cloneAlone(folder, 'source', plan);
  const history = await writeHistory(source, transitions);
  const places: { upkeep: Upkeep; dir: string; written: Written }[] = [];
  for (const [at, upkeep] of UPKEEPS.entries()) {
    tell(`packs: ${transitions} transitions at ${plan.items} items, ${upkeep.what} ...`);
    const dir = await cloneAlone(folder, `packs-${at}`, plan);
    for (const [key, value] of [
      ['gc.auto', '6700'],
      ['gc.autoDetach', 'false'],
      ['core.multiPackIndex', 'true'],
    ] as const)
      await git(dir, 'config', key, value);
    const written = await writeAll(dir, history, upkeep);
    tell(
      `  ${(written.cpu / transitions).toFixed(2)} ms of CPU each, ${(written.beside / transitions).toFixed(2)} beside`,
    );
    places.push({ upkeep, dir, written });
  }
  const node: Subject = { what: 'node -e 0', cwd: folder, command: () => NODE };
  const asked = await Promise.all(places.map(({ dir }) => subjectsIn(dir, runs)));
  tell(`packs: wl in each, ${runs} runs ...`);
  const of = await measureInterleaved([node, ...asked.flat()], runs);
  const table = `Packs: ${count(transitions)} transitions at ${count(plan.items)} items, each a pack (CPU is user + system)`;
  return places.map(({ upkeep, written }, at) => {
    const [ready = node, claim = node] = asked[at] ?? [];
    return {
      table,
      what: upkeep.what,
      figures: {
        'CPU ms each': written.cpu / transitions,
        'beside, CPU ms each': written.beside / transitions,
        'wall ms each': written.wall / transitions,
        'longest ms': written.longest,
        'packs, median': median(written.packs),
        'packs, most': Math.max(...written.packs),
        'packs at the end': written.packs.at(-1) ?? Number.NaN,
        'MB at the end': written.bytes / 1e6,
        'wl ready, CPU ms': of(ready).cpu,
        'wl claim, CPU ms': of(claim).cpu,
      },
    };
  });
}

interface Transition {
  commit: string;
  objects: NamedObject[];
}

/** Transitions as the program makes them, with the objects that each brought. */
async function writeHistory(dir: string, many: number): Promise<Transition[]> {
  const from = await git(dir, 'rev-parse', REF);
  const { openLedger } = await loadLibrary();
  const ledger = await openLedger({ dir, actor: 'bench' });
  await runBatch(ledger, await planTraffic(ledger, many));
  await ledger.close();
  const to = await git(dir, 'rev-parse', REF);
  const store = new NativeStore(join(dir, '.git'));
  const history: Transition[] = [];
  for (const { oid, parents } of await oldestFirst(store, { to, from, since: undefined })) {
    const names = await missingObjects(store, oid, parents[0]);
    history.push({ commit: oid, objects: await readAll(store, names) });
  }
  await store.close();
  return history;
}

async function readAll(source: ObjectSource, oids: readonly string[]): Promise<NamedObject[]> {
  const objects: NamedObject[] = [];
  for (const oid of oids) {
    const object = await source.read(oid);
    if (object === undefined) throw new Error(`The source has no ${oid}.`);
    objects.push({ type: object.type, bytes: Buffer.from(object.bytes), oid });
  }
  return objects;
}

interface Written {
  /** Milliseconds of this process, and of those in the background. */
  cpu: number;
  beside: number;
  wall: number;
  longest: number;
  /** How many packs there were after each transition. */
  packs: number[];
  bytes: number;
}

async function writeAll(dir: string, history: readonly Transition[], upkeep: Upkeep): Promise<Written> {
  const gitDir = join(dir, '.git');
  const folder = join(gitDir, 'objects', 'pack');
  const packs = new OwnPacks(gitDir);
  const store = new NativeStore(gitDir);
  const written: Written = { cpu: 0, beside: 0, wall: 0, longest: 0, packs: [], bytes: 0 };
  let child: ChildProcess | undefined;
  const childrenBefore = childrenTime();
  for (const { commit, objects } of history) {
    const expected = await store.readRef(REF);
    const cpu = process.cpuUsage();
    const start = performance.now();
    await packs.write(objects);
    await store.moveRef(REF, expected, commit);
    await upkeep.here?.(packs);
    const here = packsIn(folder).length;
    if (upkeep.beside !== undefined && child === undefined && here > upkeep.beside.most) {
      child = startGit(dir, upkeep.beside.args);
      void once(child, 'close').then(() => {
        child = undefined;
      });
    }
    const wall = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    written.cpu += (user + system) / 1000;
    written.wall += wall;
    written.longest = Math.max(written.longest, wall);
    written.packs.push(packsIn(folder).length);
  }
  if (child !== undefined) await once(child, 'close');
  written.packs.push(packsIn(folder).length);
  written.beside = childrenTime() - childrenBefore;
  await store.close();
  for (const name of readdirSync(folder)) written.bytes += statSync(join(folder, name)).size;
  await git(dir, 'fsck', '--connectivity-only');
  return written;
}

const packsIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.pack'));

function startGit(dir: string, args: readonly string[]): ChildProcess {
  return spawn('git', [...args], { cwd: dir, env: benchEnvironment(), stdio: 'ignore' });
}

/** Processor time of children that ended, and of theirs, in milliseconds: Linux alone tells it. */
function childrenTime(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const [user = '', system = ''] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(13, 15);
  return (Number(user) + Number(system)) * TICK_MS;
}

/** A question, and a claim of another item each time. */
async function subjectsIn(dir: string, runs: number): Promise<Subject[]> {
  const [program = '', ...args] = wl('ready', '--limit', String(runs + 1), '--json');
  const { data } = JSON.parse(await run(dir, program, args)) as { data: { id: string }[] };
  const ids = data.map(({ id }) => id);
  return [
    { what: `${dir} ready`, cwd: dir, command: () => wl('ready') },
    { what: `${dir} claim`, cwd: dir, command: (at) => wl('claim', ids[at + 1] ?? '') },
  ];
}
