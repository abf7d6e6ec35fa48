import type { Run } from '../command.ts';
import { treeLines } from '../render/tree.ts';
import type { readOptions } from '../table/looking.ts';

export const run: Run<typeof readOptions> = async ({ args: [typed = ''], options, cli }) => {
  const ledger = await cli.openToAsk(options);
  const tree = await ledger.dependencies(await ledger.resolveId(typed));
  return { kind: 'tree', data: tree, lines: treeLines(tree) };
};
