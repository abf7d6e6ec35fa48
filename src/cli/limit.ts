import type { Cli } from './cli.ts';

/** How many a list shows where nothing is said. */
const DEFAULT_LIMIT = 50;

/** How many are worth asking for: one more than a list shows by itself, which tells whether there are more. */
export function limitOf(typed: number | undefined): number | undefined {
  if (typed === undefined) return DEFAULT_LIMIT + 1;
  return typed === 0 ? undefined : typed;
}

/** What a list shows of what was found; where it stopped by itself, a notice says so. */
export function cutList<T>(cli: Cli, found: readonly T[], typed: number | undefined): readonly T[] {
  const limit = typed ?? DEFAULT_LIMIT;
  if (limit === 0 || found.length <= limit) return found;
  if (typed === undefined) cli.notice(`the first ${limit} are shown; --limit 0 shows all`);
  return found.slice(0, limit);
}
