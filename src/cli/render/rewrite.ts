import type { LineStep, Rewrite } from '../../repair.ts';
import type { Line } from './line.ts';

const SHORT_COMMIT = 10;
/** A line of history is shown from its newest end. */
const SHOWN = 20;

/** Both lines of a shared branch that was rewritten. */
export function rewriteLines({ remote, seen, found, set_back, missing, instead }: Rewrite): Line[] {
  const now = found === undefined ? 'has no ledger now' : `is at ${found.slice(0, SHORT_COMMIT)} now`;
  const how = found === undefined ? 'removed' : set_back ? 'set back' : 'replaced';
  return [
    `${remote} was ${how}: this clone saw ${seen.slice(0, SHORT_COMMIT)}, and ${remote} ${now}`,
    ...part(`missing on ${remote}`, missing),
    ...part(`on ${remote} instead`, instead),
  ];
}

function part(title: string, steps: readonly LineStep[]): Line[] {
  if (steps.length === 0) return [];
  const shown = steps.slice(-SHOWN);
  const more = steps.length - shown.length;
  return [
    `${title}: ${steps.length}`,
    ...(more > 0 ? [`  and ${more} before`] : []),
    ...shown.map(
      ({ commit, verb, id, actor, at }) =>
        `  ${commit.slice(0, SHORT_COMMIT)}  ${verb}${id === undefined ? '' : ` ${id}`} by ${actor}, ${at}`,
    ),
  ];
}
