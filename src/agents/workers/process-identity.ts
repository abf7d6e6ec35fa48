import { readFileSync } from 'node:fs';

const GRACE_MS = 5_000;
const LOOK_MS = 50;

/**
 * A process by a name that no other ever has: machine start, number, and its own start.
 *
 * @returns `undefined` where it is gone, or the system does not tell
 */
export function identify(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name stands in brackets, and may hold anything.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const started = fields[18];
    return started === undefined || state === 'Z' ? undefined : `${boot}/${pid}/${started}`;
  } catch {
    // No such process, or a system without these files.
    return undefined;
  }
}

/** Ends the group of a process that is certainly the one of that name: asks, and after a while does not. */
export async function endGroup(identity: string): Promise<void> {
  const pid = Number(identity.split('/')[1]);
  const lives = (): boolean => identify(pid) === identity;
  const kill = (signal: NodeJS.Signals): void => {
    try {
      if (lives()) process.kill(-pid, signal);
    } catch {
      // It ended in the meantime, or is another user's now, and then not the one that was meant.
    }
  };
  kill('SIGTERM');
  kill('SIGCONT');
  for (let waited = 0; lives() && waited < GRACE_MS; waited += LOOK_MS)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  kill('SIGKILL');
}
