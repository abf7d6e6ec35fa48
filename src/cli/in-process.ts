import { Output } from './output.ts';
import { endBySignals } from './stop-signals.ts';
import type { World } from './world.ts';

/** Runs the program in this process, and ends it. */
export async function inProcess(
  run: (argv: readonly string[], world: World) => Promise<number>,
): Promise<void> {
  endBySignals();
  const stdout = new Output(1);
  const stderr = new Output(2);
  process.exitCode = await run(process.argv.slice(2), {
    stdout,
    stderr,
    env: process.env,
    get stdin() {
      return process.stdin;
    },
  });
  await stdout.flush();
  await stderr.flush();
  // What still runs, such as a timer, is nothing to wait for once everything is said.
  process.exit();
}
