import type { WorkerEvent } from '../agents.ts';
import { escapeUnsafe } from '../index.ts';
import type { Cli } from './cli.ts';
import { type Line, printLine, safe, widthOf } from './render/line.ts';
import { WorkView } from './render/work.ts';

/** Where a worker's events go. */
export interface WorkOutput {
  take(event: WorkerEvent): void;
  close(): void;
}

/** How often the live part is drawn where it changed, and where only times passed. */
const REDRAW_MS = 100;
const CLOCK_MS = 1_000;
const WIDTH = 100;

/** A live table on a terminal, ids of what is completed with `--quiet`, else a line of JSON for each event. */
export function workOutput({ world, globals, clock }: Cli): WorkOutput {
  const { stdout, env } = world;
  if (globals.quiet && !globals.json) {
    return {
      take: (event) => void (event.type === 'completed' && stdout.write(`${safe(event.work_id)}\n`)),
      close: () => undefined,
    };
  }
  if (stdout.isTTY && !globals.json) return liveTable(stdout, globals.color && !env.NO_COLOR);
  return {
    take(event) {
      const at = clock.now().toISOString();
      const { type, ...rest } = event;
      const about = 'work_id' in event ? { work_id: event.work_id } : {};
      stdout.write(`${escapeUnsafe(JSON.stringify({ type, at, ...about, ...rest }))}\n`);
    },
    close: () => undefined,
  };
}

function liveTable(stdout: Cli['world']['stdout'], color: boolean): WorkOutput {
  const view = new WorkView();
  let height = 0;
  let drawn = 0;
  let changed = false;
  const draw = (kept: readonly Line[], live: readonly Line[]): void => {
    const up = height === 0 ? '' : `\u001b[${height}A\u001b[J`;
    const lines = [...kept, ...live].map((line) => `${printLine(line, color)}\n`);
    stdout.write(`${up}${lines.join('')}`);
    height = live.length;
    drawn = performance.now();
    changed = false;
  };
  const live = (): Line[] => view.live(performance.now(), widthOf(stdout, WIDTH) - 1);
  const timer = setInterval(() => {
    if (changed || performance.now() - drawn >= CLOCK_MS) draw([], live());
  }, REDRAW_MS);
  return {
    take(event) {
      const kept = view.take(event, performance.now());
      changed = true;
      // What only changes the live part can wait until it is drawn again: there may be much of it.
      if (kept.length > 0) draw(kept, event.type === 'ended' ? [] : live());
    },
    close: () => clearInterval(timer),
  };
}
