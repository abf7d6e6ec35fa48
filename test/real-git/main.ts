// Many processes on clones of one ledger, by real git, over http and by path, while answers are cut, held and lost and processes are
// killed. What their callers were told is held against what plain git reads at the end. See docs/guarantees.md.
//
// node test/real-git/main.ts --minutes 2 --kills 40 --clones 4 --seed 1
// npm run build && node test/real-git/main.ts --built --minutes 13 --kills 540 --clones 3 --seed 31
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { initLedger, openLedger } from '../../src/index.ts';
import { GitHttpServer, type Mishap } from '../helpers/git-http-server.ts';
import { plainHistory } from '../helpers/plain-history.ts';
import { type Flow, SlowProxy } from '../helpers/slow-proxy.ts';
import {
  isolatedEnv,
  isolateThisProcess,
  makeBareRepo,
  makeTempFolder,
  runGit,
} from '../helpers/temp-repo.ts';
import { chance } from './chance.ts';
import { type Call, judge, late, lateByWall, running } from './oracles.ts';
import type { Job, Word } from './words.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    kills: { type: 'string', default: '40' },
    clones: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
    /** Whether processes run what `npm run build` made: they start in a third of the time, and so more of it is left for work. */
    built: { type: 'boolean', default: false },
    /** Whether the folder stays, to look at. */
    keep: { type: 'boolean', default: false },
  },
});
const [minutes, kills, clones, seed] = [values.minutes, values.kills, values.clones, values.seed].map(
  Number,
) as [number, number, number, number];
const LIBRARY = new URL(values.built ? '../../dist/index.js' : '../../src/index.ts', import.meta.url).href;
const PATIENCE_S = 8;
const LANES = 3;
const PER_CLONE = 2;
const TOKEN = 'WORK_LEDGER_REAL_GIT';
/** How long what a killed process started may take to be gone. */
const GONE_MS = 6_000;
const STOP_MS = 120_000;

isolateThisProcess();
const { pick, below, happens } = chance(seed);
const run = `${process.pid}-${seed}`;
let calm = false;
const counts: Record<string, number> = {};
function count(what: string): void {
  counts[what] = (counts[what] ?? 0) + 1;
}

function mishap(): Mishap | undefined {
  if (calm || !happens(0.08)) return undefined;
  const which = pick<Mishap>(['before', 'after', 'after', 'silence', { late_ms: 500 + below(6_000) }]);
  count(`answers: ${typeof which === 'object' ? 'late' : which}`);
  return which;
}

function flow(): Flow {
  if (calm || !happens(0.06)) return { kind: 'pass' };
  const which = pick<Flow>([
    { kind: 'hold' },
    { kind: 'cut', after: below(3_000) },
    { kind: 'cut', after: below(200) },
    { kind: 'trickle', bytes: 200 + below(4_000), every_ms: 20 + below(100) },
  ]);
  count(`connections: ${which.kind}`);
  return which;
}

const folder = await makeTempFolder();
const bare = await makeBareRepo(folder.path);
await runGit(bare, ['config', 'receive.autogc', 'false']);
const server = await GitHttpServer.start(folder.path, { mishap });
const proxy = await SlowProxy.before(server.url('repo.git'), flow);
const dirs: string[] = [];
for (let n = 0; n < clones; n += 1) {
  const dir = join(folder.path, `clone${n}`);
  await runGit(folder.path, ['clone', '-q', bare, dir]);
  const url = n % 2 === 0 ? proxy.url(server.url('repo.git')) : bare;
  await runGit(dir, ['remote', 'set-url', 'origin', url]);
  dirs.push(dir);
}
calm = true;
await (await initLedger({ dir: dirs[0] ?? '', actor: 'ada' })).ledger.close();
calm = false;

const calls: Call[] = [];
const violations: string[] = [];
const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));
let started = 0;

class Worker {
  readonly name: string;
  readonly token: string;
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  readonly place: { dir: string; actor: string };
  done = false;
  readonly #open = new Map<number, Call>();

  constructor(place: { dir: string; actor: string }) {
    started += 1;
    this.place = place;
    this.name = `${place.actor}#${started}`;
    this.token = `${run}-${started}-`;
    const job: Job = {
      ...place,
      seed: seed * 100_003 + started,
      lanes: LANES,
      patience_s: PATIENCE_S,
      library: LIBRARY,
    };
    const env = { ...isolatedEnv(), [TOKEN]: this.token, NODE_NO_WARNINGS: '1' };
    this.child = spawn(process.execPath, [WORKER, JSON.stringify(job)], {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stdin?.on('error', () => undefined);
    let stderr = '';
    this.child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk));
    if (this.child.stdout !== null) createInterface(this.child.stdout).on('line', (line) => this.#hear(line));
    this.ended = once(this.child, 'close').then(([status, signal]) => {
      if (!this.done && signal === null)
        violations.push(`defect: ${this.name} ended with ${status}: ${stderr.slice(0, 3_000)}`);
    });
  }

  #hear(line: string): void {
    let word: Word;
    try {
      word = JSON.parse(line);
    } catch {
      // Cut off by a kill.
      return;
    }
    if (word.kind === 'done') this.done = true;
    else if (word.kind === 'defect') violations.push(`defect: ${this.name}: ${word.message}`);
    else if (word.kind === 'asks') {
      const call: Call = { by: this.name, asked: word.asked, said: undefined };
      this.#open.set(word.call, call);
      calls.push(call);
    } else if (word.kind === 'told' || word.kind === 'failed') {
      const call = this.#open.get(word.call);
      if (call !== undefined) call.said = word;
      count(word.kind === 'told' ? 'calls: told' : `calls: ${word.code}`);
      if (word.kind === 'failed' && ['DEFECT', 'INTERNAL'].includes(word.code))
        violations.push(`defect: ${this.name}: ${word.message}`);
    }
  }

  /** Nothing of it is there some seconds after it was killed. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    this.done = true;
    this.child.kill(signal);
    await this.ended;
    await this.checkGone();
  }

  async checkGone(): Promise<void> {
    const until = performance.now() + GONE_MS;
    for (;;) {
      const left = running(`${TOKEN}=${this.token}`);
      if (left.length === 0) return;
      if (performance.now() > until) {
        violations.push(`left running of ${this.name}: ${left.join('; ')}`);
        return;
      }
      await sleep(300);
    }
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const began = performance.now();
const over = (): boolean => performance.now() - began > minutes * 60_000;
const places = dirs.flatMap((dir, at) =>
  Array.from({ length: PER_CLONE }, (_, n) => ({ dir, actor: `agent-${at}-${n}` })),
);
const workers = places.map((place) => new Worker(place));
const gone: Promise<void>[] = [];
let killed = 0;
while (!over()) {
  await sleep(((minutes * 60_000) / Math.max(1, kills)) * (0.5 + below(100) / 100));
  if (over()) break;
  const at = below(workers.length);
  const victim = workers[at];
  if (victim === undefined) continue;
  gone.push(victim.kill(happens(0.85) ? 'SIGKILL' : pick(['SIGTERM', 'SIGINT', 'SIGHUP'])));
  killed += 1;
  workers[at] = new Worker(victim.place);
  if (killed % 25 === 0)
    console.log(`${killed} kills, ${calls.length} calls, ${violations.length} violations`);
}

calm = true;
for (const { child } of workers) child.stdin?.end('stop\n');
const ends = Promise.all(workers.map(({ ended }) => ended)).then(() => true);
if (!(await Promise.race([ends, sleep(STOP_MS).then(() => false)]))) {
  violations.push(
    `does not end: ${workers
      .filter(({ done }) => !done)
      .map(({ name }) => name)
      .join(', ')}`,
  );
  for (const worker of workers) if (!worker.done) await worker.kill('SIGKILL');
}
await Promise.all(gone);
for (const worker of workers) await worker.checkGone();

for (let round = 0; round < 2; round += 1) {
  for (const dir of dirs) {
    const ledger = await openLedger({ dir, actor: 'end', patience_s: 120 });
    await ledger.clone.sync().catch((error: unknown) => violations.push(`last sync of ${dir}: ${error}`));
    await ledger.close();
  }
}
violations.push(...late(calls, PATIENCE_S), ...(await judge(calls, { bare, dirs })));
const transitions = (await plainHistory(bare)).length;
const longest = Math.max(0, ...calls.map(({ said }) => said?.ms ?? 0));
console.log(
  `seed ${seed}: ${transitions} transitions in ${calls.length} calls of ${started} processes, ${killed} killed`,
);
for (const [what, times] of Object.entries(counts).sort()) console.log(`  ${what} ${times}`);
for (const dir of dirs) {
  const names = readdirSync(join(dir, '.git/work-ledger/clones')).length;
  if (names > 1) violations.push(`given up: ${dir} had ${names} names, and is no copy`);
}
const starved = calls.reduce((sum, { said }) => sum + (said?.starved_ms ?? 0), 0);
console.log(
  `  longest call ${longest} ms, limit ${PATIENCE_S * 1000} ms and 5 s; ${lateByWall(calls, PATIENCE_S)} longer by the wall clock; ` +
    `not let run for ${Math.round(starved / Math.max(1, calls.length))} ms a call`,
);
for (const one of violations) console.log(one);
console.log(`${violations.length} violations`);
await proxy.stop();
await server.stop();
if (values.keep || violations.length > 0) console.log(`left: ${folder.path}`);
else await rm(folder.path, { recursive: true, force: true });
process.exit(violations.length === 0 ? 0 : 1);
