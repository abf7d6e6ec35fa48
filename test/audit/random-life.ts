import fc, { type Arbitrary } from 'fast-check';
import type { Command } from '../../src/domain/commands.ts';
import type { WorkItem } from '../../src/domain/item.ts';
import { TRANSITIONS, VERBS } from '../../src/domain/verbs.ts';
import { systemClock } from '../../src/index.ts';
import type { Planned } from '../../src/sync/local.ts';
import type { Outcome } from '../../src/sync/outcome.ts';
import { commandFor, commandOf } from '../helpers/arbitraries.ts';
import { FakeView } from '../helpers/fake-view.ts';

/** A clock that stands still, after all that happens in such a life. */
export const AFTER_ALL = { ...systemClock, now: () => new Date('2035-01-01T00:00:00.000Z') };

/** After every time that an example makes up, so that nothing has to wait. */
const LATER = '2027-01-02T00:00:00.000Z';

/**
 * Commands that a ledger has a good chance of taking, each made up once those before it were decided. Whatever is refused is
 * no part of history, and no harm.
 */
export function randomLife(length: number, seed: number, known: readonly WorkItem[] = []): Planned[] {
  const model = new FakeView().put(...known);
  let told = 0;
  const learn = (outcomes: readonly Outcome[]): void => {
    for (const outcome of outcomes.slice(told)) {
      if (outcome.kind !== 'accepted' || outcome.item === undefined || outcome.event === undefined) continue;
      const after = outcome.event.to === undefined ? undefined : outcome.item;
      model.apply({ kind: 'transition', before: undefined, after, event: outcome.event });
    }
    told = outcomes.length;
  };
  return Array.from({ length }, (_, index) => (earlier: readonly Outcome[]): Command => {
    learn(earlier);
    const [command] = fc.sample(anyCommand(model), { numRuns: 1, seed: seed + index });
    if (command === undefined) throw new Error('no command was made up');
    return command;
  });
}

function anyCommand(model: FakeView): Arbitrary<Command> {
  const items = model.items();
  return items.length === 0 ? commandFor(model) : fc.oneof(commandFor(model), fittingCommand(items));
}

/** What someone who may do it does to an item, and so what moves work on. */
function fittingCommand(items: readonly WorkItem[]): Arbitrary<Command> {
  return fc.constantFrom(...items).chain((item) => {
    const legal = VERBS.filter((verb) => (TRANSITIONS[verb].from as readonly string[]).includes(item.status));
    return fc
      .constantFrom(...legal)
      .chain((verb) => commandOf(verb, { id: item.id, item, refs: [] }))
      .map((command) => suit(command, item));
  });
}

function suit(command: Command, item: WorkItem): Command {
  const { by } = TRANSITIONS[command.verb];
  const stranger = item.owner === 'eve' ? 'ada' : 'eve';
  const actor =
    by === 'not_owner' ? stranger : by === 'anyone' ? command.actor : (item.owner ?? item.created_by);
  const proof = { epoch: item.claim?.epoch, execution_id: item.claim?.execution_id };
  const claiming = command.verb === 'claim' || command.verb === 'start';
  return { ...command, actor, at: LATER, ...('epoch' in command && !claiming ? proof : {}) } as Command;
}
