import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './statistics.ts';
import { benchEnvironment } from './workspace.ts';

/** One run of a process, in milliseconds. */
export interface Measured {
  /** User and system time of the process and of every child that it waited for. */
  cpu: number;
  wall: number;
}

/** A command to be measured again and again. */
export interface Subject {
  what: string;
  /** The command of a run, counted from 0, for those that cannot be run twice alike. */
  command(run: number): readonly string[];
  cwd: string;
  /** Made ready before each run, unmeasured. */
  before?: ((run: number) => Promise<unknown>) | undefined;
}

/**
 * Bash tells both times to the millisecond on Linux and macOS alike; `time -p` and `times` know hundredths. Node cannot tell those of
 * its children. What goes on in the background, because nobody waits for it, is not counted.
 */
const SCRIPT = 'TIMEFORMAT="%3R %3U %3S"; time "$@" >/dev/null 2>"$0"';

/** Runs a command once, its output thrown away. @throws Error with what it said where it fails, or where there is no bash */
export async function measure(command: readonly string[], cwd: string): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'work-ledger-bench-'));
  const said = join(folder, 'stderr');
  try {
    const { code, report } = await runTimed([SCRIPT, said, ...command], cwd);
    const times = report.trim().split(' ').map(Number);
    if (code !== 0)
      throw new Error(`${command.join(' ')} ended with ${code}: ${readFileSync(said, 'utf8').trim()}`);
    const [wall = Number.NaN, user = Number.NaN, system = Number.NaN] = times.map(
      (seconds) => seconds * 1000,
    );
    if (Number.isNaN(wall + user + system))
      throw new Error(`Cannot measure: bash said ${JSON.stringify(report)}.`);
    return { wall, cpu: user + system };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runTimed(args: readonly string[], cwd: string): Promise<{ code: number | null; report: string }> {
  return new Promise((resolve, reject) => {
    const bash = spawn('bash', ['--norc', '--noprofile', '-c', ...args], {
      cwd,
      env: benchEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let report = '';
    bash.stderr.on('data', (chunk: Buffer) => {
      report += chunk.toString();
    });
    bash.on('error', (cause) => reject(new Error(`Cannot measure: bash is needed, and ${cause.message}.`)));
    bash.on('close', (code) => resolve({ code, report }));
  });
}

/**
 * Measures all subjects, one run of each after the other, so that a slow moment of the machine meets all of them.
 *
 * @returns tells the medians of each subject
 */
export async function measureInterleaved(
  subjects: readonly Subject[],
  runs: number,
): Promise<(subject: Subject) => Measured> {
  const measured = new Map<Subject, Measured[]>(subjects.map((subject) => [subject, []]));
  for (let run = 0; run < runs; run += 1) {
    for (const [{ command, cwd, before }, all] of measured) {
      await before?.(run);
      all.push(await measure(command(run), cwd));
    }
  }
  return (subject) => {
    const all = measured.get(subject) ?? [];
    return { cpu: median(all.map(({ cpu }) => cpu)), wall: median(all.map(({ wall }) => wall)) };
  };
}
