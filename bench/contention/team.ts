import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Job, Work } from './protocol.ts';

interface Member {
  child: ChildProcess;
  ready: Promise<void>;
  work: Promise<Work>;
}

/** Starts a process for each job, lets all begin together, and waits for what each did. @throws where one fails */
export async function runTeam(
  kind: 'ledger' | 'naive',
  jobs: readonly Job[],
  env: NodeJS.ProcessEnv,
): Promise<Work[]> {
  const members = jobs.map((job) => start(kind, job, env));
  try {
    await Promise.all(members.map(({ ready }) => ready));
    for (const { child } of members) child.stdin?.write('go\n');
    return await Promise.all(members.map(({ work }) => work));
  } catch (error) {
    for (const { child } of members) child.kill();
    throw error;
  }
}

function start(kind: string, job: Job, env: NodeJS.ProcessEnv): Member {
  const script = fileURLToPath(new URL(`${kind}-worker.ts`, import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(job)], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout);
  const failed = once(child, 'close').then(() => {
    throw new Error(`${job.name} ended before it was done`);
  });
  // Whoever waits hears of it; nobody does once the work is told.
  failed.catch(() => undefined);
  const first = once(lines, 'line').then(() => undefined);
  const last = first.then(async () => JSON.parse((await once(lines, 'line'))[0] as string) as Work);
  last.catch(() => undefined);
  return { child, ready: Promise.race([first, failed]), work: Promise.race([last, failed]) };
}
