import { expect, onTestFinished, test } from 'vitest';
import type { WorkerEvent } from '../../src/agents.ts';
import type { Cli } from '../../src/cli/cli.ts';
import { printLine } from '../../src/cli/render/line.ts';
import { WorkView, workOutput } from '../../src/cli/render/work.ts';

const about = { work_id: 'WRK-20260103-0001', execution_id: 'exec-1' };
const started: WorkerEvent = {
  ...about,
  type: 'started',
  title: 'Tidy \u001b[31mup',
  epoch: 1,
  attempt: 2,
  resumed: false,
};
const report = {
  deferred: 0,
  blocked: 0,
  released: 1,
  superseded: 0,
  settled: 0,
  claims: 3,
  races_lost: 0,
  unsynced: 0,
};

/** What a view shows after each event, as plain text: what stays, then what is live. */
function shown(events: readonly WorkerEvent[], width = 80): { kept: string[]; live: string[] } {
  const view = new WorkView();
  const kept = events.flatMap((event) => view.apply(event, 0)).map((line) => printLine(line, false));
  return { kept, live: view.live(65_000, width).map((line) => printLine(line, false)) };
}

test('given work that runs, when it is shown, then its line says since when, and what it does, on one line that is safe', () => {
  const { kept, live } = shown([started, { work_id: about.work_id, type: 'text', text: 'reading\u0007' }]);
  expect(kept).toEqual([]);
  expect(live).toEqual([
    '●  WRK-20260103-0001  1 min  attempt 2  Tidy \\u001b[31mup — reading\\u0007',
    '1 running, 0 completed',
  ]);
  for (const line of shown([started], 20).live) expect([...line].length).toBeLessThanOrEqual(20);
});

test.each<[WorkerEvent, string]>([
  [{ ...about, type: 'completed', where: 'remote', result: {} }, '✓ WRK-20260103-0001  completed  0 s  Tidy'],
  [
    { ...about, type: 'completed', where: 'local', result: {} },
    '✓ WRK-20260103-0001  completed, in this clone',
  ],
  [
    { ...about, type: 'failed', where: 'remote', error: 'no\nmore' },
    '✗ WRK-20260103-0001  failed  0 s  Tidy',
  ],
  [{ ...about, type: 'released', where: 'remote', reason: 'it stops' }, '↩ WRK-20260103-0001  given back'],
  [{ ...about, type: 'blocked', reason: 'a question' }, '‖ WRK-20260103-0001  blocked'],
])('given work that is over, when it is shown, then one line of it stays', (event, line) => {
  const { kept, live } = shown([started, event]);
  expect(kept).toEqual([expect.stringMatching(new RegExp(`^${line}`))]);
  expect(live).toHaveLength(1);
});

test('given a worker that waits, when it is shown, then it says for what; and at the end, how it went', () => {
  const waiting: WorkerEvent = { type: 'waiting', for: 'remote', message: 'the remote is away' };
  expect(shown([waiting]).live).toEqual(['0 running, 0 completed, the remote is away']);
  const ended: WorkerEvent = { type: 'ended', started: 3, completed: 1, submitted: 0, failed: 1, ...report };
  expect(shown([ended]).kept).toEqual(['1 of 3 completed, 1 failed, 1 not finished']);
});

test('given a worker that gave up, when it is shown, then a line says why', () => {
  expect(shown([{ type: 'gave_up', failed: 5 }]).kept).toEqual([
    '✗ 5 items failed in a row: nothing more is taken on',
  ]);
});

test('given work that was completed in a clone alone, when it is lost, then it is not counted as completed', () => {
  const saved: WorkerEvent = { ...about, type: 'completed', where: 'local', result: {} };
  const lost = { work_id: about.work_id, verb: 'complete', message: 'ada holds it' };
  const { live } = shown([started, saved, { type: 'synced', accepted: 0, lost: [lost] }]);
  expect(live).toEqual(['0 running, 0 completed, 1 not finished']);
});

test('given a terminal that does not know its width, when work is shown on it, then its lines are whole', () => {
  const written: string[] = [];
  const stdout = { isTTY: true, columns: 0, write: (text: string) => written.push(text) };
  const globals = { quiet: false, json: false, color: false };
  const output = workOutput({ world: { stdout, env: {} }, globals } as unknown as Cli);
  onTestFinished(() => output.close());
  output.emit(started);
  output.emit({ type: 'notice', message: 'one line that stays' });
  expect(written.join('')).toContain('●  WRK-20260103-0001  0 s  attempt 2  Tidy');
  expect(written.join('')).toContain('1 running, 0 completed\n');
});
