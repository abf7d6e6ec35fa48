import type { Measured } from '../measure.ts';
import type { Row } from '../row.ts';

export type Line = Omit<Row, 'table'>;

/** Which column of the targets holds. */
export const isLarge = (items: number): boolean => items > 10_000;

/** A process beside what node alone costs in the same run. */
export function figuresOf(
  { cpu, wall }: Measured,
  node: Measured,
): { 'CPU ms': number; 'wall ms': number; '× node': number } {
  return { 'CPU ms': cpu, 'wall ms': wall, '× node': cpu / node.cpu };
}
