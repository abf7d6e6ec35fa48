import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { say } from './say.ts';

interface Told {
  who: string;
  event: string;
  id?: string;
  title?: string;
  step?: number;
  epoch?: number;
  why?: string;
}

/** What the summary tells of the race. */
export interface Story {
  killed: string | undefined;
  /** What the killed worker held. */
  orphan: string | undefined;
  heir: string | undefined;
  resumedAt: number;
  late: number;
}

export interface Crew {
  story: Story;
  finished: Promise<unknown>;
}

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));
const NAMES = ['ada', 'bob', 'cy', 'dora', 'eli', 'fay'];

/** Two workers in each clone, as processes of their own. The first that has saved a checkpoint is killed. */
export function startCrew(
  clones: readonly string[],
  { steps, stepMs }: { steps: number; stepMs: number },
): Crew {
  const story: Story = { killed: undefined, orphan: undefined, heir: undefined, resumedAt: 0, late: 0 };
  const workers = NAMES.map((name, index) => {
    const dir = clones[index % clones.length] ?? '.';
    const child = spawn(process.execPath, [WORKER, dir, name, String(steps), String(stepMs)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: child.stdout }).on('line', (text) =>
      hear(JSON.parse(text) as Told, child, story),
    );
    return once(child, 'close');
  });
  return { story, finished: Promise.all(workers) };
}

function hear(told: Told, child: ChildProcess, story: Story): void {
  const { who, event, id, title, step, why } = told;
  if (event === 'is too late') story.late += 1;
  else show(who, event, id, title, step, why);
  if (event === 'resumes' && id === story.orphan) {
    story.heir = who;
    story.resumedAt = step ?? 0;
  }
  if (event === 'checkpoint' && story.killed === undefined) {
    child.kill('SIGKILL');
    story.killed = who;
    story.orphan = id;
    say(styleText('red', `  ${who.padEnd(5)} is killed (SIGKILL) while it works on ${id}`));
  }
}

function show(who: string, event: string, id = '', title = '', step?: number, why?: string): void {
  const at = step === undefined || step === 0 ? '' : ` (step ${step})`;
  const colour =
    event === 'completes' ? 'green' : event === 'resumes' || event === 'recovers' ? 'yellow' : 'dim';
  say(styleText(colour, `  ${who.padEnd(5)} ${event.padEnd(10)} ${id} ${why ?? title}${at}`));
}
