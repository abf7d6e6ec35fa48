import type { SavedTransition } from '../domain/error-details.ts';
import { LedgerError } from '../domain/errors.ts';
import type { Planned, Progress } from '../sync/local.ts';
import type { Outcome } from '../sync/outcome.ts';
import { readCommits } from '../sync/read-commits.ts';
import type { Connection } from './connection.ts';

/**
 * Waits for `task` until `signal` is aborted, and no longer. What was begun goes on without its caller.
 *
 * @param why what is thrown then; the signal's reason where none is given
 */
export async function raced<T>(
  task: Promise<T>,
  signal: AbortSignal | undefined,
  why: () => Promise<unknown> = async () => signal?.reason,
): Promise<T> {
  if (signal === undefined) return task;
  let stop = (): void => undefined;
  const aborted = new Promise<'aborted'>((resolve) => {
    stop = () => resolve('aborted');
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
  try {
    const first = await Promise.race([task.then((value) => ({ value })), aborted]);
    if (first !== 'aborted') return first.value;
    task.catch(() => undefined);
    throw await why();
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/**
 * Why a call ends that was given up: the signal's reason where nothing of it was committed, and nothing will be; else that it
 * waits in this clone.
 *
 * A commit takes no time to speak of, so one that is being made is waited for.
 */
export async function givenUp(
  connection: Connection,
  progress: Progress,
  commands: readonly Planned[],
  done: Promise<Outcome[]>,
): Promise<unknown> {
  const reason: unknown = progress.signal?.reason;
  if (progress.stage === 'waiting') return reason;
  while (progress.stage === 'committing') {
    const over = await Promise.race([
      done.then(
        () => true,
        () => true,
      ),
      pause(),
    ]);
    if (over) break;
  }
  const saved = await pendingOf(connection, commands);
  if (saved.length === 0 && progress.stage !== 'elsewhere') return reason;
  const told =
    progress.stage === 'elsewhere' && saved.length === 0
      ? 'Another process of this clone was at it, and what became of it is not known.'
      : 'It is committed in this clone, and not known to be shared.';
  return new LedgerError('TIMED_OUT', `The call was given up. ${told}`, {
    hint: 'What is saved is shared by: wl sync',
    details: { saved, sent: [], withdrawn: [], unknown: true },
    cause: reason,
  });
}

const pause = (): Promise<false> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(false), 5);
  });

/** Which of the commands are committed here, and not known to be shared. */
async function pendingOf(connection: Connection, commands: readonly Planned[]): Promise<SavedTransition[]> {
  const { store, context } = await connection.write();
  const tip = await store.readRef(connection.localRef);
  const seen = context.remote && (await store.readRef(context.remote.seenRef));
  if (tip === undefined || tip === seen) return [];
  const ops = new Set(commands.flatMap((one) => (typeof one === 'function' ? [] : [one.op])));
  return (await readCommits(store, seen, tip)).flatMap(({ op, event, command }) =>
    op !== undefined && ops.has(op)
      ? [{ op, verb: command?.verb ?? 'unknown', id: event?.id, title: undefined }]
      : [],
  );
}
