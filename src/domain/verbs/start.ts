import { flag } from '../check-input.ts';
import type { Fence } from '../commands.ts';
import { isHeld, requireOwner, requireProof } from '../holding.ts';
import { type ChangingVerb, defineVerb } from './define.ts';
import { ACQUIRING, type Acquiring, acquire, leastAcquiring, readAcquiring } from './shared.ts';

type StartInput = Acquiring & Pick<Fence, 'unproven'>;

/** Takes an item that is ready, or goes on with one that its holder blocked. */
export const start: ChangingVerb<StartInput> = defineVerb<StartInput>({
  from: ['pending', 'blocked'],
  to: 'in_progress',
  by: 'assignee',
  fenced: true,
  contended: true,
  claims: true,
  input: { ...ACQUIRING, unproven: flag },
  line: 'started',
  apply(item, command, view) {
    if (!isHeld(item)) return acquire(item, command, view);
    requireOwner(item, command.actor);
    // The holder is the execution, not the name: another one of the same actor has to claim it anew.
    requireProof(item, command);
    return { ...item, status: 'in_progress', block: undefined };
  },
  read: readAcquiring,
  least: leastAcquiring,
});
