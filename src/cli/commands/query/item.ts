import { type DependencyNode, WORK_STATUSES } from '../../../index.ts';
import { findEach } from '../../../operations/ids.ts';
import { command, flag, ID, IDS, PAST } from '../../command.ts';
import { showItems } from '../../render/item.ts';
import { type Line, type Span, styled } from '../../render/line.ts';
import { statusSpan } from '../../render/list.ts';

export const showCommand = command({
  summary: 'show items in full',
  args: [IDS],
  options: PAST,
  examples: ['wl show 0001', 'wl show 0001 0002 --json'],
  run: async ({ args, options, cli }) => {
    const ledger = await cli.openToAsk(options);
    const { found, failures, several } = await findEach(args, async (typed) =>
      ledger.query.get(await ledger.query.resolveId(typed)),
    );
    return { ...(await showItems(ledger, found, several)), failures };
  },
});

export const explainCommand = command({
  summary: 'tell why an item is or is not ready',
  args: [ID],
  options: PAST,
  examples: ['wl explain 0001', 'wl explain 0001 --actor ada --json'],
  run: async ({ args: [typed = ''], options, cli }) => {
    const ledger = await cli.openToAsk(options);
    const explanation = await ledger.query.explain(await ledger.query.resolveId(typed), {
      actor: ledger.actor,
    });
    const { id, ready, reasons } = explanation;
    const verdict = ready ? styled('green', 'is ready') : styled('yellow', 'is not ready');
    return {
      kind: 'explanation',
      data: explanation,
      lines: [
        [styled('bold', id), ' ', verdict, ` for ${ledger.actor}:`],
        ...reasons.map((reason) => `  ${reason}`),
      ],
    };
  },
});

export const progressCommand = command({
  summary: 'tell how far the parts of an item are',
  args: [ID],
  options: {
    direct: flag('--direct', 'count direct children only'),
    ...PAST,
  },
  examples: ['wl progress 0007', 'wl progress 0007 --direct --json'],
  run: async ({ args: [typed = ''], options, cli }) => {
    const ledger = await cli.openToAsk(options);
    const id = await ledger.query.resolveId(typed);
    const progress = await ledger.query.progress(id, { direct: options.direct });
    const { total_children, percent_complete, completed } = progress;
    const counts = WORK_STATUSES.filter((status) => progress[status] > 0).map(
      (status) => `${progress[status]} ${status}`,
    );
    const share = total_children === 0 ? 'it has no parts' : `${completed} of ${total_children} parts`;
    return {
      kind: 'progress',
      data: { id, ...progress },
      lines: [
        [styled('bold', id), `  ${percent_complete}% complete, ${share}`],
        ...(counts.length === 0 ? [] : [`  ${counts.join(', ')}`]),
      ],
    };
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
function treeLines(node: DependencyNode, depth = 0): Line[] {
  return [nodeLine(node, depth), ...node.dependencies.flatMap((child) => treeLines(child, depth + 1))];
}

function nodeLine({ id, item, repeated, cut }: DependencyNode, depth: number): Span[] {
  const indent = '  '.repeat(depth);
  if (item === undefined) return [indent, styled('id', id), '  ', styled('red', 'missing or damaged')];
  const again = repeated && item.dependencies.length > 0 ? [styled('dim', '  (see above)')] : [];
  const more = cut ? [styled('dim', `  (and more: wl dep tree ${id})`)] : [];
  return [indent, styled('id', id), '  ', statusSpan(item.status), '  ', item.title, ...again, ...more];
}
