import { readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { backlog } from '../../bench/peers/backlog.ts';
import { tbd } from '../../bench/peers/tbd.ts';
import type { WorkItem } from '../../src/domain/item.ts';
import { workItemSchema } from '../../src/domain/item-schema.ts';
import { makeTempFolder, type TempFolder } from '../helpers/temp-repo.ts';

let folder: TempFolder;
beforeEach(async () => {
  folder = await makeTempFolder();
});
afterEach(() => folder.cleanup());

const OP = '019b0000-0000-7000-8000-000000000001';
const AT = '2026-01-15T08:00:00.000Z';
const [DONE, WAITING, READY] = ['WRK-20260115-0001', 'WRK-20260115-0002', 'WRK-20260115-0003'] as const;
const make = (id: string, fields: Partial<WorkItem>): WorkItem =>
  workItemSchema().parse({
    ...{ schema: 1, id, rev: 1, last_op: OP, title: `Item ${id.slice(-1)}`, status: 'pending' },
    ...{ description: 'Some words.', created_at: AT, created_by: 'ada', updated_at: AT, ...fields },
  });
const ITEMS = [
  make(DONE, { status: 'completed', completed_at: AT }),
  make(WAITING, { dependencies: [READY] }),
  make(READY, { dependencies: [DONE], labels: ['api'], priority: 'critical' }),
];

it('given items, when they are put into Backlog.md, then each is a file, finished ones in the archive', async () => {
  const run = async (): Promise<string> => {
    await mkdir(join(folder.path, 'backlog', 'tasks'), { recursive: true });
    return '';
  };
  expect(await backlog.seed(ITEMS, folder.path, run)).toEqual(['TASK-3']);
  expect(readdirSync(join(folder.path, 'backlog', 'completed'))).toEqual(['task-1 - Item-1.md']);
  const text = readFileSync(join(folder.path, 'backlog', 'tasks', 'task-3 - Item-3.md'), 'utf8');
  expect(text).toContain('id: TASK-3\ntitle: Item 3\nstatus: To Do\nassignee: []\n');
  expect(text).toContain('labels:\n  - api\ndependencies:\n  - TASK-1\npriority: high\n');
  expect(text).toContain('Some words.');
});

it('given items, when they are put into tbd, then its import gets them, and each names what waits for it', async () => {
  const calls: string[] = [];
  const run = async (...args: readonly string[]): Promise<string> => {
    calls.push(args.join(' '));
    return '';
  };
  expect(await tbd.seed(ITEMS, folder.path, run)).toEqual(['wl-3']);
  expect(calls).toEqual(['init --prefix wl --no-sync', 'import items.jsonl --no-sync']);
  const lines = readFileSync(join(folder.path, 'items.jsonl'), 'utf8').trim().split('\n');
  const [done, waiting, ready] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(done).toMatchObject({
    id: 'wl-1',
    status: 'closed',
    dependencies: [{ type: 'blocks', target: 'wl-3' }],
  });
  expect(waiting).toMatchObject({ id: 'wl-2', status: 'open' });
  expect(ready).toMatchObject({ priority: 0, dependencies: [{ type: 'blocks', target: 'wl-2' }] });
});
