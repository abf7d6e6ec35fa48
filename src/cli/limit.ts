import type { Cli } from './cli.ts';
import { grouped } from './render/number.ts';

/** How many a list shows where nothing is said. */
const DEFAULT_LIMIT = 50;

/**
 * What a list shows of what there is; where it stops by itself, a notice says so.
 *
 * @param typed what `--limit` was given; 0 shows all
 */
export async function limited<T>(
  cli: Cli,
  typed: number | undefined,
  find: (limit: number | undefined) => Promise<readonly T[]>,
  count: () => Promise<number>,
): Promise<readonly T[]> {
  if (typed !== undefined) return find(typed === 0 ? undefined : typed);
  // One more tells whether there are more.
  const found = await find(DEFAULT_LIMIT + 1);
  if (found.length <= DEFAULT_LIMIT) return found;
  const all = grouped(await count());
  cli.notice(`${DEFAULT_LIMIT} of ${all} shown; --limit 0 shows all`);
  return found.slice(0, DEFAULT_LIMIT);
}
