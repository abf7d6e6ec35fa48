import type { Patience } from '../remote/port.ts';
import { SharedTime } from '../sync/call.ts';
import type { Connection } from './connection.ts';

/** The same connection; what is asked by it shares `time`. */
export const sharing = (connection: Connection, time: SharedTime): Connection =>
  Object.defineProperties({} as Connection, {
    ...Object.getOwnPropertyDescriptors(connection),
    one_call: { value: true, enumerable: true },
    time: { value: time, enumerable: true },
  });

/** The same connection for a call that asks the remote more than once: all that is asked by what this returns has one time. */
export const oneCall = (connection: Connection): Connection =>
  connection.one_call ? connection : sharing(connection, timeOf(connection));

/** Does what asks the remote. `time` is what is left to it; `undefined` where it has a time of its own. */
export function inTime<T>(
  connection: Connection,
  task: (time: Patience | undefined) => Promise<T>,
): Promise<T> {
  if (!connection.one_call) return task(undefined);
  connection.time ??= timeOf(connection);
  return connection.time.spend(task);
}

const timeOf = ({ clock, patience }: Connection): SharedTime => new SharedTime(clock, patience);
