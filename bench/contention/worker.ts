import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { cpuTime } from '../cpu-time.ts';
import type { Acknowledged, Job, Work } from './protocol.ts';

/** One transition: its op once the remote has it, or the code of the refusal. */
export type Transition = () => Promise<{ op: string } | { code: string }>;

interface Crew {
  /** What the `caller`th caller does again and again. */
  caller(index: number): Transition;
  close(): Promise<void>;
}

/** Runs a worker process: gets ready, waits for the word, lets its callers work for the window and prints what came of it. */
export async function work(prepare: (job: Job) => Promise<Crew>): Promise<void> {
  const job = JSON.parse(process.argv[2] ?? '') as Job;
  const git = countGit();
  const crew = await prepare(job);
  process.stdout.write('ready\n');
  await once(process.stdin, 'data');
  const acknowledged: Acknowledged[] = [];
  let refused: Record<string, number> = {};
  let before: number | undefined;
  const begin = performance.now() + job.warmup;
  const end = begin + job.window;
  const started = setTimeout(() => {
    before = cpuTime();
    git.clear();
    refused = {};
  }, job.warmup);
  const run = async (transition: Transition): Promise<void> => {
    while (performance.now() < end) {
      const start = performance.now();
      const result = await transition();
      const now = performance.now();
      if ('code' in result) refused[result.code] = (refused[result.code] ?? 0) + 1;
      else acknowledged.push({ op: result.op, wait: now - start, counts: now > begin, in_time: now <= end });
    }
  };
  await Promise.all(Array.from({ length: job.callers }, (_, index) => run(crew.caller(index))));
  clearTimeout(started);
  const counts = Object.fromEntries(git);
  await crew.close();
  const after = cpuTime();
  const cpu = before === undefined || after === undefined ? undefined : after - before;
  const report: Work = { acknowledged, refused, git: counts, cpu };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.stdin.destroy();
}

/** Counts the git processes that this one starts, by command. */
function countGit(): Map<string, number> {
  const counts = new Map<string, number>();
  subscribe('child_process', (message) => {
    const { process: child } = message as { process: ChildProcess };
    // The arguments are known once it was started.
    queueMicrotask(() => {
      const command = commandOf(child.spawnargs ?? []);
      counts.set(command, (counts.get(command) ?? 0) + 1);
    });
  });
  return counts;
}

function commandOf([, ...args]: readonly string[]): string {
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (arg === '-c' || arg === '-C' || arg === '--git-dir') at += 1;
    else if (!arg.startsWith('-')) return arg;
  }
  return 'git';
}
