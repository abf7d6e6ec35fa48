import type { WorkItem } from '../../src/index.ts';
import type { ChatEvent } from './protocol.ts';
import { type Said, saidIn } from './transcript.ts';

type Unnumbered<T> = T extends unknown ? Omit<T, 'message' | 'seq'> : never;
type Told = Unnumbered<ChatEvent>;

/**
 * All that there is to tell about a message, from its item alone: so a server that was started anew tells the same, with the
 * same numbers, as the one before.
 *
 * An end has the number after what was said. Where the work goes on after it, `again` has that number, and whoever saw the end
 * goes on behind it.
 */
export function eventsOf(item: WorkItem): ChatEvent[] {
  const { description: text, created_by: user, id: work_id, checkpoint } = item;
  const told: Told[] = [
    { type: 'message', text, user, work_id },
    ...saidIn(checkpoint?.data).map(tell),
    ...endOf(item),
  ];
  return told.map((event, at) => ({ message: messageOf(item), seq: at + 1, ...event }));
}

/** The client's own name of the message that an item is. */
export const messageOf = ({ context }: WorkItem): string =>
  typeof context.message_id === 'string' ? context.message_id : '';

const tell = (said: Said): Told =>
  typeof said === 'string' ? { type: 'text', text: said } : { type: 'again', attempt: said.attempt };

function endOf({ status, result, error = '' }: WorkItem): Told[] {
  switch (status) {
    case 'completed': {
      const answer = result?.answer;
      return [{ type: 'done', answer: typeof answer === 'string' ? answer : null }];
    }
    case 'failed':
      return [{ type: 'failed', error }];
    case 'cancelled':
      return [{ type: 'cancelled' }];
    default:
      return [];
  }
}
