import { constants } from 'node:os';

// The two ends of a program that runs itself again on another Node: the launcher, which is nothing but a name for it, and the
// child, which is the program. What a signal asks of one it asks of the other, and neither is there without the other.

/** Tells the child whose it is. It is taken out of the environment again, since the child's own children have no launcher. */
const LAUNCHED = 'WL_LAUNCHED';

const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
type PassedOn = (typeof PASSED_ON)[number];

/** A child that does nothing but compute for so long is told by the system. */
const BUSY_MS = 2_000;
/** A signal to a group reaches its members at once; how long after it the launcher's word of it may come, at the latest. */
const TOGETHER_MS = 1_000;
const SOON_MS = 20;
/** How long the program may take to end in good order once its launcher was killed. */
const ORPHAN_MS = 15_000;

/**
 * Runs this program as a child on the Node at `node`, and ends as the child ends: with its exit status, or by its signal.
 *
 * @throws where `node` cannot be started
 */
export async function runOn(node: string, args: readonly string[]): Promise<never> {
  const { spawn } = await import('node:child_process');
  // Before there is a child: a signal that ended this process now would leave it behind.
  for (const signal of PASSED_ON) {
    process.on(signal, () => {
      const busy = setTimeout(() => child.kill(signal), BUSY_MS);
      child.once('message', () => clearTimeout(busy));
      if (child.connected) child.send(signal, () => undefined);
      else child.kill(signal);
    });
  }
  const child = spawn(node, args, {
    // The fourth closes when this process ends, however it ends.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [LAUNCHED]: '1' },
  });
  return new Promise((_end, reject) => {
    child.on('error', reject);
    child.on('exit', (status, signal) => {
      if (signal === null) process.exit(status ?? 1);
      for (const one of PASSED_ON) process.removeAllListeners(one);
      process.kill(process.pid, signal);
      // Some systems have no such signal, and some signals do not end a process.
      setTimeout(() => process.exit(128 + constants.signals[signal]), SOON_MS);
    });
  });
}

/** Where this process is such a child, it does what its launcher is asked to do, and ends where that is gone. */
export function followLauncher(): void {
  if (process.env[LAUNCHED] === undefined) return;
  delete process.env[LAUNCHED];
  if (!process.connected) return endAlone();
  process.on('disconnect', endAlone);
  const came = countSignals();
  process.on('message', (signal: PassedOn) => {
    process.send?.(signal);
    // What a terminal sends to its whole group, this process has got or is about to get by itself.
    setTimeout(() => {
      if (!came.alone(signal)) came.raise(signal);
    }, SOON_MS);
  });
  process.channel?.unref();
}

/** Which signals reached this process by themselves, whoever takes them. Those that nobody takes end it. */
function countSignals(): { alone(signal: PassedOn): boolean; raise(signal: PassedOn): void } {
  const times = new Map<unknown, number>();
  const raised = new Set<unknown>();
  const { emit } = process;
  process.emit = ((event: string, ...rest: unknown[]) => {
    if (PASSED_ON.some((signal) => signal === event) && !raised.delete(event)) times.set(event, Date.now());
    return Reflect.apply(emit, process, [event, ...rest]);
  }) as typeof emit;
  return {
    alone(signal) {
      const time = times.get(signal);
      times.delete(signal);
      return time !== undefined && Date.now() - time < TOGETHER_MS;
    },
    raise(signal) {
      raised.add(signal);
      process.kill(process.pid, signal);
    },
  };
}

/** As where one is asked to end twice: at once, but in good order. */
function endAlone(): void {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), ORPHAN_MS).unref();
  process.kill(process.pid, 'SIGTERM');
  process.kill(process.pid, 'SIGHUP');
}
