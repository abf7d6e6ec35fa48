import { isLedgerError, type TransitionResult, type Verb, type WorkItem, type WorkLedger } from '../index.ts';
import { askRemote, type Found, resolveAll } from './ids.ts';
import { RaceLost } from './refusal.ts';

/** Where a write is: on the shared branch, or in this clone until the next sync. */
export type Where = 'remote' | 'local';

/** What became of one write. One that the remote could not be told of is both: done here, and a failure. */
export interface Attempt {
  done?: { item: WorkItem; where: Where; changed: boolean };
  failure?: unknown;
}

/** What became of several. */
export interface Written {
  attempts: readonly Attempt[];
  /** Why ids that were given are none. */
  failures: readonly unknown[];
  several: boolean;
}

/** Tries a write. One that was sent, and may have been accepted, is a failure alone: where it stands is not known. */
export async function attempt(ledger: WorkLedger, write: () => Promise<TransitionResult>): Promise<Attempt> {
  try {
    const result = await write();
    if (!result.ok) return { failure: new RaceLost(result) };
    return { done: { item: result.item, where: result.where, changed: result.commit !== undefined } };
  } catch (failure) {
    const id = savedId(failure);
    const item = id === undefined ? undefined : await ledger.query.find(id);
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

/**
 * Makes one transition of each item, all at once so that they share a push.
 *
 * @param verb what the ids are typed for
 * @param named ids as they were typed, or in full already
 */
export async function writeEach(
  ledger: WorkLedger,
  verb: Verb,
  named: readonly string[] | Found<string>,
  write: Write,
): Promise<Written> {
  const { found, failures, several } = 'found' in named ? named : await resolveAll(ledger, named, verb);
  const make = (id: string): Promise<Attempt> => attempt(ledger, () => write(ledger, id));
  const attempts = await Promise.all(found.map(make));
  const isMissing = ({ failure }: Attempt): boolean => JUDGING.has(verb) && isNothingToJudge(failure);
  if (!attempts.some(isMissing) || !(await askRemote(ledger))) return { attempts, failures, several };
  const again = await Promise.all(
    attempts.map((one, at) => (isMissing(one) ? make(found[at] as string) : one)),
  );
  return { attempts: again, failures, several };
}

/** Verbs that judge what somebody else submitted, which may be new on the remote, as an id may. */
const JUDGING: ReadonlySet<Verb> = new Set<Verb>(['approve', 'reject']);

/** As this clone knew it, nothing was submitted: so there is nothing that its caller saw and that is another thing by now. */
const isNothingToJudge = (failure: unknown): boolean =>
  isLedgerError(failure, 'ILLEGAL_TRANSITION') && !(failure instanceof RaceLost);

/** Where a write is; `undefined` where there is no remote that it could be on. */
export const whereIf = ({ clone }: WorkLedger, where: Where): Where | undefined =>
  clone.remote === null ? undefined : where;

/** Where all of it is: here as soon as a part of it is here only. */
export const whereOf = (ledger: WorkLedger, attempts: readonly Attempt[]): Where | undefined =>
  whereIf(ledger, attempts.some(({ done }) => done?.changed && done.where === 'local') ? 'local' : 'remote');

/** The title of an item that is to be written to; `damaged` where its file cannot be read. */
export async function titleOf(
  ledger: WorkLedger,
  id: string,
): Promise<{ title: string } | { missing: 'deleted' | 'damaged' }> {
  try {
    const item = await ledger.query.find(id);
    return item === undefined ? { missing: 'deleted' } : { title: item.title };
  } catch (error) {
    if (isLedgerError(error, 'DAMAGED_ITEM')) return { missing: 'damaged' };
    throw error;
  }
}
