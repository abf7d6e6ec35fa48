import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RARE_WORD } from '../seed/words.ts';
import { isReady, type Peer } from './peer.ts';

const STATUS: Readonly<Record<string, string>> = { completed: 'closed', in_progress: 'in_progress' };
const PRIORITY: Readonly<Record<string, number>> = { critical: 0, high: 1, medium: 2, low: 3 };

/** tbd: a Markdown file for each issue in a hidden worktree. The items go in by its own import. */
export const tbd: Peer = {
  package: 'get-tbd',
  seed: async (items, dir, run) => {
    await run('init', '--prefix', 'wl', '--no-sync');
    const byId = new Map(items.map((item) => [item.id, item]));
    const numbers = new Map(items.map(({ id }, n) => [id, `wl-${n + 1}`]));
    // There, an item names those that wait for it.
    const waiting = Map.groupBy(
      items.flatMap(({ id, dependencies }) => dependencies.map((on) => ({ id, on }))),
      ({ on }) => on,
    );
    const lines = items.map((item) =>
      JSON.stringify({
        id: numbers.get(item.id),
        title: item.title,
        description: item.description,
        status: STATUS[item.status] ?? 'open',
        priority: PRIORITY[item.priority],
        issue_type: 'task',
        assignee: item.owner,
        labels: item.labels,
        created_at: item.created_at,
        updated_at: item.updated_at,
        closed_at: item.completed_at,
        dependencies: waiting.get(item.id)?.map(({ id }) => ({ type: 'blocks', target: numbers.get(id) })),
      }),
    );
    await writeFile(join(dir, 'items.jsonl'), `${lines.join('\n')}\n`);
    await run('import', 'items.jsonl', '--no-sync');
    return items.flatMap((item) => (isReady(item, byId) ? [numbers.get(item.id) ?? ''] : []));
  },
  args: {
    ready: () => ['ready'],
    list: () => ['list', '--limit', '50'],
    show: (id) => ['show', id],
    search: () => ['search', RARE_WORD],
    claim: (id) => ['update', id, '--status', 'in_progress', '--assignee', 'bench', '--no-sync'],
  },
};
