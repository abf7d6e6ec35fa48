import type { Verb } from '../../src/domain/verbs.ts';
import type { Caller, Plan, Step, StepKind } from './plan.ts';

type Ask = readonly [verb: Verb, item: number];

const caller = (clone: string, ...steps: Step[]): Caller => ({ clone, mode: 'push', steps });
const ask = (...asked: Ask[]): Step => step('act', asked);
const claim = (item: number): Step => ask(['claim', item]);
const create = (): Step => step('create');
const keyed = (): Step => step('keyed');

/** Small races, each of which is run in every order of its calls. */
export const SCENARIOS: Readonly<Record<string, Plan>> = {
  'two clones claim one item': among(caller('ada', claim(0)), caller('bob', claim(0))),
  // Whoever made an item may cancel it.
  'a claim against a cancel': among(caller('ada', ask(['cancel', 0])), caller('bob', claim(0))),
  'two updates of one field': among(caller('ada', ask(['update', 0])), caller('bob', ask(['update', 0]))),
  'two new items': among(caller('ada', create()), caller('bob', create())),
  'one key, two new items': among(caller('ada', keyed()), caller('bob', keyed())),
  'a group against a claim': among(
    caller(
      'ada',
      step('group', [
        ['claim', 0],
        ['claim', 1],
      ]),
    ),
    caller('bob', claim(0)),
  ),
  'work that is held, and a cancel': among(
    caller('ada', ask(['cancel', 0])),
    caller('bob', claim(0), ask(['complete', 0])),
  ),
  'three clones, a new item each': among(
    caller('ada', create()),
    caller('bob', create()),
    caller('cy', create()),
  ),
  // Who is refused after it lost once has offered what it asks for, and takes that back.
  'an offer that is refused, and a carrier': {
    ...among(
      caller('ada', ask(['update', 0])),
      caller('bob', ask(['update', 1]), step('fetch'), ask(['comment', 1])),
    ),
    faults: [{ kind: 'refusal', clone: 'ada', refs: 'branch', from: 0, until: Number.POSITIVE_INFINITY }],
  },
  'two processes of a clone claim one item': among(caller('ada', claim(0)), caller('ada', claim(0))),
  'two processes of a clone, a new item each': among(caller('ada', create()), caller('ada', create())),
};

/** As many clones as callers name, and two items. */
function among(...callers: Caller[]): Plan {
  const clones = Math.max(2, new Set(callers.map(({ clone }) => clone)).size);
  return { seed: 1, clones, items: 2, callers, faults: [] };
}

function step(kind: StepKind, asked: readonly Ask[] = []): Step {
  const asks = asked.map(([verb, item]) => ({ verb, item }));
  return { at: 0, kind, salt: 1, ask: asks.length === 0 ? undefined : asks };
}
