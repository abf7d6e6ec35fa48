import type { WorkerEvent, WorkerReport } from '../../agents.ts';
import { escapeUnsafe } from '../../index.ts';
import type { Cli } from '../cli.ts';
import { age, columns, fitLine, type Line, printLine, type Span, safe, styled, widthOf } from './line.ts';

interface Running {
  title: string;
  attempt: number;
  since: number;
  doing: string;
}

type Ended = 'completed' | 'submitted' | 'failed';

/** What a terminal shows of a worker: a line for each item that is over, and below them what runs. */
export class WorkView {
  readonly #running = new Map<string, Running>();
  readonly #counts = { completed: 0, submitted: 0, failed: 0, other: 0 };
  /** What ended in this clone alone, and may be lost yet. */
  readonly #saved = new Map<string, Ended>();
  #state = '';

  /** Applies an event of the time `now`. @returns the lines that stay */
  apply(event: WorkerEvent, now: number): Line[] {
    switch (event.type) {
      case 'started':
        this.#state = '';
        this.#running.set(event.work_id, {
          title: event.title,
          attempt: event.attempt,
          since: now,
          doing: event.resumed ? 'resumes at its checkpoint' : '',
        });
        return [];
      case 'text':
        return this.#does(event.work_id, event.text);
      case 'progress':
        return this.#does(event.work_id, progressOf(event.step, event.percent));
      case 'checkpoint':
        return this.#does(event.work_id, `checkpoint: ${event.step ?? event.summary ?? ''}`);
      case 'completed':
        this.#end(event);
        return this.#over(event.work_id, now, styled('green', '✓'), shared('completed', event.where));
      case 'submitted':
        this.#end(event);
        return this.#over(
          event.work_id,
          now,
          styled('green', '✓'),
          shared('submitted', event.where),
          'for review',
        );
      case 'failed':
        this.#end(event);
        return this.#over(event.work_id, now, styled('red', '✗'), shared('failed', event.where), event.error);
      case 'deferred':
        return this.#over(
          event.work_id,
          now,
          styled('yellow', '…'),
          'later',
          `again from ${event.not_before}`,
        );
      case 'blocked':
        return this.#over(event.work_id, now, styled('yellow', '‖'), 'blocked', event.reason);
      case 'settled':
        return this.#over(event.work_id, now, styled('dim', '·'), event.status, 'by the agent itself');
      case 'released':
        return this.#over(event.work_id, now, styled('yellow', '↩'), 'given back', event.reason);
      case 'superseded':
        return this.#over(
          event.work_id,
          now,
          styled('red', '✗'),
          'lost',
          `now: ${event.holder.owner ?? 'nobody'}`,
        );
      case 'stopped':
        return this.#over(event.work_id, now, styled('red', '✗'), 'stopped', event.reason);
      case 'warning':
        return [[styled('yellow', '!'), ` ${event.work_id}  ${event.message}`]];
      case 'notice':
        return [[styled('yellow', '!'), ` ${event.message}`]];
      case 'waiting':
        this.#state = event.message;
        return [];
      case 'back':
        this.#state = '';
        return [];
      case 'draining':
        this.#state = 'ending; once more to give back at once what runs';
        return [];
      case 'recovered':
        return [[styled('cyan', '↻'), ` recovered ${event.work_ids.join(', ')}`]];
      case 'synced':
        for (const { work_id } of event.lost) this.#withdraw(work_id ?? '');
        return event.lost.map(({ message }) => [styled('red', '✗'), ` ${message}`]);
      case 'gave_up':
        return [[styled('red', '✗'), ` ${event.failed} items failed in a row: nothing more is taken on`]];
      case 'ended':
        return [summaryOf(event)];
      default:
        return [];
    }
  }

  /** What is drawn anew each time. */
  live(now: number, width: number): Line[] {
    const rows = [...this.#running].map(([id, { title, attempt, since, doing }]) => [
      styled('cyan', '●'),
      styled('bold', id),
      age(now - since),
      attempt > 1 ? `attempt ${attempt}` : '',
      doing === '' ? title : `${title} — ${doing}`,
    ]);
    const { completed, submitted, failed, other } = this.#counts;
    const state = [
      `${this.#running.size} running`,
      `${completed} completed`,
      ...(submitted > 0 ? [`${submitted} submitted`] : []),
      ...(failed > 0 ? [`${failed} failed`] : []),
      ...(other > 0 ? [`${other} not finished`] : []),
      ...(this.#state === '' ? [] : [this.#state]),
    ].join(', ');
    return [...columns(rows), [styled('dim', state)]].map((line) => fitLine(line, width));
  }

  #end({ work_id, type, where }: Extract<WorkerEvent, { type: Ended }>): void {
    this.#counts[type] += 1;
    if (where === 'local') this.#saved.set(work_id, type);
    else this.#saved.delete(work_id);
  }

  #withdraw(id: string): void {
    const ended = this.#saved.get(id);
    if (ended === undefined) return;
    this.#saved.delete(id);
    this.#counts[ended] -= 1;
    this.#counts.other += 1;
  }

  #does(id: string, doing: string): Line[] {
    const running = this.#running.get(id);
    const text = doing.trim();
    if (running !== undefined && text !== '') running.doing = text;
    return [];
  }

  #over(id: string, now: number, mark: Span, word: string, more = ''): Line[] {
    const running = this.#running.get(id);
    this.#running.delete(id);
    if (!/^(?:completed|submitted|failed)/.test(word)) this.#counts.other += 1;
    const [first = ''] = more.split('\n');
    const took = running === undefined ? '' : age(now - running.since);
    const title = `${running?.title ?? ''}${first === '' ? '' : `: ${first}`}`;
    return [[mark, ` ${id}  ${word}  ${took}  ${title}`]];
  }
}

const shared = (word: string, where: 'remote' | 'local'): string =>
  where === 'remote' ? word : `${word}, in this clone only`;

const progressOf = (step = '', percent?: number): string =>
  percent === undefined ? step : `${Math.round(percent)}% ${step}`;

function summaryOf({ started, completed, submitted, failed, unsynced }: WorkerReport): Line {
  if (started === 0) return [styled('dim', 'nothing was ready')];
  const others = started - completed - submitted - failed;
  const parts = [
    `${completed} of ${started} completed`,
    ...(submitted > 0 ? [`${submitted} submitted for review`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(others > 0 ? [`${others} not finished`] : []),
    ...(unsynced > 0 ? [`${unsynced} in this clone only; share with: wl sync`] : []),
  ];
  return [styled('dim', parts.join(', '))];
}

/** Where a worker's events go. */
export interface WorkOutput {
  emit(event: WorkerEvent): void;
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
      emit: (event) => void (event.type === 'completed' && stdout.write(`${safe(event.work_id)}\n`)),
      close: () => undefined,
    };
  }
  if (stdout.isTTY && !globals.json) return liveTable(stdout, globals.color && !env.NO_COLOR);
  return {
    emit(event) {
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
    emit(event) {
      const kept = view.apply(event, performance.now());
      changed = true;
      // What only changes the live part can wait until it is drawn again: there may be much of it.
      if (kept.length > 0) draw(kept, event.type === 'ended' ? [] : live());
    },
    close: () => clearInterval(timer),
  };
}
