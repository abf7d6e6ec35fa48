import type { DependencyNode } from '../../index.ts';
import { type Line, type Span, styled } from './line.ts';
import { statusSpan } from './list.ts';

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
