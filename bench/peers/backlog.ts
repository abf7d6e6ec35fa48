import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkItem } from '../../src/index.ts';
import { RARE_WORD } from '../seed/words.ts';
import { isReady, type Peer } from './peer.ts';

const STATUS: Readonly<Record<string, string>> = { completed: 'Done', in_progress: 'In Progress' };

/**
 * Backlog.md: a Markdown file for each task in the work tree, written as its own `task create` writes them. Finished tasks stand in
 * the archive, where its `task complete` puts them, so that it need not look at them.
 */
export const backlog: Peer = {
  package: 'backlog.md',
  seed: async (items, dir, run) => {
    await run('init', 'bench', '--defaults', '--integration-mode', 'none');
    const byId = new Map(items.map((item) => [item.id, item]));
    const taskIds = new Map(items.map(({ id }, n) => [id, `TASK-${n + 1}`]));
    const nameOf = (id: string): string => taskIds.get(id) ?? id;
    for (const folder of ['tasks', 'completed'])
      await mkdir(join(dir, 'backlog', folder), { recursive: true });
    for (const item of items) {
      const folder = item.status === 'completed' ? 'completed' : 'tasks';
      const file = `${nameOf(item.id).toLowerCase()} - ${item.title.replaceAll(' ', '-')}.md`;
      await writeFile(join(dir, 'backlog', folder, file), taskFile(item, nameOf));
    }
    return items.filter((item) => isReady(item, byId)).map(({ id }) => nameOf(id));
  },
  args: {
    ready: () => ['task', 'list', '--ready', '--plain'],
    list: () => ['task', 'list', '--limit', '50', '--plain'],
    show: (id) => ['task', 'view', id, '--plain'],
    search: () => ['search', RARE_WORD, '--plain'],
    claim: (id) => ['task', 'edit', id, '--status', 'In Progress', '--assignee', '@bench', '--plain'],
  },
};

function taskFile(item: WorkItem, nameOf: (id: string) => string): string {
  const list = (values: readonly string[]): string =>
    values.length === 0 ? ' []' : values.map((value) => `\n  - ${value}`).join('');
  return `---
id: ${nameOf(item.id)}
title: ${item.title}
status: ${STATUS[item.status] ?? 'To Do'}
assignee:${list(item.owner === undefined ? [] : [`'@${item.owner}'`])}
created_date: '${item.created_at.slice(0, 16).replace('T', ' ')}'
labels:${list(item.labels)}
dependencies:${list(item.dependencies.map(nameOf))}
priority: ${item.priority === 'critical' ? 'high' : item.priority}
---

## Description

<!-- SECTION:DESCRIPTION:BEGIN -->
${item.description}
<!-- SECTION:DESCRIPTION:END -->
`;
}
