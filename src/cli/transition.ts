import { isLedgerError, type TransitionResult, type Verb, type WorkItem, type WorkLedger } from '../index.ts';
import type { Cli } from './cli.ts';
import { RaceLost } from './failure.ts';
import { resolveAll, type SettledIds } from './ids.ts';
import type { Line } from './render/line.ts';
import type { Reply } from './reply.ts';

/** What became of one write. */
export interface Attempt {
  done?: { item: WorkItem; where: 'remote' | 'local'; changed: boolean };
  failure?: unknown;
}

/**
 * Tries a write. A transition that the remote could not be told of is both: done here, and a failure. One that was sent, and may
 * have been accepted, is a failure alone: where it stands is not known.
 */
export async function attempt(ledger: WorkLedger, write: () => Promise<TransitionResult>): Promise<Attempt> {
  try {
    const result = await write();
    if (!result.ok) return { failure: new RaceLost(result) };
    return { done: { item: result.item, where: result.where, changed: result.commit !== undefined } };
  } catch (failure) {
    const id = savedId(failure);
    const item = id === undefined ? undefined : await ledger.findWork(id);
    return item === undefined ? { failure } : { failure, done: { item, where: 'local', changed: true } };
  }
}

/** The id under which a write waits in this clone for the next sync. */
export function savedId(failure: unknown): string | undefined {
  if (!isLedgerError(failure)) return undefined;
  const { saved } = failure.details;
  const [first] = Array.isArray(saved) ? saved : [];
  const { id } = (first ?? {}) as { id?: unknown };
  return typeof id === 'string' ? id : undefined;
}

export type Write = (ledger: WorkLedger, id: string) => Promise<TransitionResult>;
/** What happened, in words that `, on origin` can follow. */
export type Tell = (item: WorkItem) => string;

/**
 * Makes one transition of each item, all at once so that they share a push, and tells what became of each.
 *
 * @param verb what the ids are typed for
 * @param named ids as they were typed, or settled already
 */
export async function onItems(
  cli: Cli,
  verb: Verb,
  named: readonly string[] | SettledIds,
  write: Write,
  tell: Tell,
  more: (item: WorkItem) => readonly Line[] = () => [],
): Promise<Reply> {
  const ledger = await cli.open();
  const { ids, failures, several } = 'ids' in named ? named : await resolveAll(ledger, named, verb);
  const attempts = await cli.busy('writing', () =>
    Promise.all(ids.map((id) => attempt(ledger, () => write(ledger, id)))),
  );
  return writeReply(ledger, attempts, failures, several, (item, changed) => [
    changed ? tell(item) : `nothing to change in ${item.id}`,
    ...more(item),
  ]);
}

/**
 * Asks a person whether to do what cannot be undone, naming each item in full and by its title, whatever was typed.
 *
 * @returns `undefined` where nobody sits at a terminal
 */
export async function confirmItems(
  cli: Cli,
  ids: readonly string[],
  question: string,
): Promise<boolean | undefined> {
  const ledger = await cli.open();
  const lines = await Promise.all(
    ids.map(async (id): Promise<Line> => `  ${id}  ${await titleOf(ledger, id)}`),
  );
  return cli.confirm(question, lines);
}

async function titleOf(ledger: WorkLedger, id: string): Promise<string> {
  try {
    return (await ledger.findWork(id))?.title ?? '(it is deleted already)';
  } catch (error) {
    if (isLedgerError(error, 'DAMAGED_ITEM')) return '(its file cannot be read)';
    throw error;
  }
}

/** The reply to one or more writes: a line for each, and where it is. */
export function writeReply(
  ledger: WorkLedger,
  attempts: readonly Attempt[],
  failures: readonly unknown[],
  several: boolean,
  tell: (item: WorkItem, changed: boolean) => readonly [string, ...Line[]],
): Reply {
  const done = attempts.flatMap((one) => (one.done === undefined ? [] : [one.done]));
  const items = done.map(({ item }) => item);
  const local = done.some(({ where, changed }) => changed && where === 'local');
  return {
    kind: several ? 'items' : 'item',
    data: done.length === 0 ? undefined : several ? items : items[0],
    lines: done.flatMap(({ item, where, changed }) => {
      const [said, ...more] = tell(item, changed);
      return [`${said}${changed ? whereabouts(ledger, where) : ''}`, ...more];
    }),
    ids: items.map(({ id }) => id),
    where: ledger.remote === null ? undefined : local ? 'local' : 'remote',
    failures: [...failures, ...attempts.flatMap(({ failure }) => (failure === undefined ? [] : [failure]))],
  };
}

/** Says where a write is, so that nothing that never left the machine passes for shared. */
export function whereabouts({ remote }: WorkLedger, where: 'remote' | 'local'): string {
  if (remote === null) return '';
  return where === 'remote' ? `, on ${remote.name}` : ', in this clone only; share it with: wl sync';
}
