import type { DependencyNode } from '../../../index.ts';
import { resolveIds, resolveOne } from '../../../operations/ids.ts';
import { command, ID, PAST } from '../../command.ts';
import { type Line, type Span, styled } from '../../render/line.ts';
import { statusSpan } from '../../render/list.ts';
import { onItems } from '../../transition.ts';

export const depAddCommand = command({
  summary: 'let an item wait for others',
  args: [ID, { name: '<dependencies...>', help: 'items that have to be completed first' }],
  examples: ['wl dep add 0002 0001', 'wl dep add 0009 0003 0004'],
  run: async ({ args: [id = '', ...typed], cli }) => {
    const ledger = await cli.open();
    const add = await resolveIds(ledger, typed);
    return onItems(
      cli,
      'update',
      [id],
      (_, of) => ledger.work.update(of, { dependencies: { add } }),
      (item) => `${item.id} waits for ${add.join(', ')}`,
    );
  },
});

export const depRmCommand = command({
  summary: 'let an item wait for others no longer',
  args: [ID, { name: '<dependencies...>', help: 'items that it waits for now' }],
  examples: ['wl dep rm 0002 0001', 'wl dep rm 0009 0003 0004'],
  run: async ({ args: [id = '', ...typed], cli }) => {
    const ledger = await cli.open();
    const waiting = await resolveOne(ledger, id);
    const item = await ledger.query.find(waiting);
    // What is gone can still be waited for, and is only known here.
    const known = (one: string): string | undefined =>
      item?.dependencies.find((dependency) => dependency === one);
    const remove = await Promise.all(typed.map((one) => known(one) ?? ledger.query.resolveId(one)));
    return onItems(
      cli,
      'update',
      [waiting],
      (_, of) => ledger.work.update(of, { dependencies: { remove } }),
      ({ id: of }) => `${of} no longer waits for ${remove.join(', ')}`,
    );
  },
});

export const depTreeCommand = command({
  summary: 'show what an item waits for, and what that waits for',
  args: [ID],
  options: PAST,
  examples: ['wl dep tree 0009', 'wl dep tree 0009 --json'],
  run: async ({ args: [typed = ''], options, cli }) => {
    const ledger = await cli.openToAsk(options);
    const tree = await ledger.query.dependencies(await ledger.query.resolveId(typed));
    return { kind: 'tree', data: tree, lines: treeLines(tree) };
  },
});

/** A tree of dependencies, two spaces deeper with each level. */
export function treeLines(node: DependencyNode, depth = 0): Line[] {
  return [nodeLine(node, depth), ...node.dependencies.flatMap((child) => treeLines(child, depth + 1))];
}

function nodeLine({ id, item, repeated }: DependencyNode, depth: number): Span[] {
  const indent = '  '.repeat(depth);
  if (item === undefined) return [indent, styled('id', id), '  ', styled('red', 'missing or damaged')];
  const again = repeated && item.dependencies.length > 0 ? [styled('dim', '  (see above)')] : [];
  return [indent, styled('id', id), '  ', statusSpan(item.status), '  ', item.title, ...again];
}
