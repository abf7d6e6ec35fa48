import { type ChangingVerb, defineVerb } from './define.ts';
import { ACQUIRING, type Acquiring, acquire, leastAcquiring, readAcquiring } from './shared.ts';

/** Takes an item that is ready, for an execution. */
export const claim: ChangingVerb<Acquiring> = defineVerb({
  from: ['pending'],
  to: 'in_progress',
  by: 'assignee',
  fenced: true,
  contended: true,
  claims: true,
  input: { ...ACQUIRING },
  line: 'claimed',
  apply: acquire,
  read: readAcquiring,
  least: leastAcquiring,
});
