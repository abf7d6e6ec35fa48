import type { WorkId } from '../domain/ids.ts';
import { quoted } from '../domain/text.ts';
import type { LedgerView } from '../domain/view.ts';
import type { Oid } from '../store/port.ts';
import type { LocalState } from '../sync/ports.ts';

/** A commit that arrived and breaks a rule, for which nobody answers yet. What it touched is in question. */
export interface Suspect {
  commit: Oid;
  /** Of the audit, such as `content`. */
  rule: string;
  message: string;
  /** Its author, as it says. */
  actor: string;
  /** The item that the finding names. */
  id?: WorkId | undefined;
  /** Items that the commit touched. */
  items: readonly WorkId[];
  /** The files that it touched, each as it stood before: the name of its object, or `null` where there was none. */
  files: Readonly<Record<string, Oid | null>>;
  /** Of its items and paths, those that are not put back: a right commit built on them since. Left out where there are none. */
  standing?: readonly string[] | undefined;
}

/** What this clone checked of what arrived. */
export interface Arrived {
  /** All that leads to it was checked, or trusted when the clone joined. */
  checked: Oid;
  /** True where history was checked from its root as well. */
  full: boolean;
  /** Those that touched nothing but items, oldest first. */
  suspects: readonly Suspect[];
  /**
   * All suspects up to `seen`, where one of them, `suspect`, touched settings, policy, keys or history: nothing is taken over before that ends.
   */
  stop?: { seen: Oid; suspect: Suspect; suspects: readonly Suspect[] } | undefined;
}

const ARRIVED = 'arrived';

/** @returns `undefined` where nothing was checked yet, and where what is there is no record */
export function readArrived(state: Pick<LocalState, 'get'>): Arrived | undefined {
  const text = state.get(ARRIVED);
  if (text === undefined) return undefined;
  try {
    const record: unknown = JSON.parse(text);
    if (!isArrived(record)) return undefined;
    const { checked, full, suspects, stop } = record;
    return { checked, full, suspects, stop };
  } catch {
    return undefined;
  }
}

/** True where a record is there and cannot be read: of what was checked nothing is known. */
export const isRecordLost = (state: Pick<LocalState, 'get'>): boolean =>
  state.get(ARRIVED) !== undefined && readArrived(state) === undefined;

type Unknown<T> = { [Key in keyof T]?: unknown };

const mapOf = <T>(value: unknown): Unknown<T> =>
  typeof value === 'object' && value !== null ? (value as Unknown<T>) : {};
const isOid = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{40}$/.test(value);
const isListOf = (value: unknown, isOne: (one: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(isOne);
const isText = (value: unknown): boolean => typeof value === 'string';

function isArrived(value: unknown): value is Arrived {
  const { checked, full, suspects, stop } = mapOf<Arrived>(value);
  if (!isOid(checked) || typeof full !== 'boolean' || !isListOf(suspects, isSuspect)) return false;
  if (stop === undefined) return true;
  const stopped = mapOf<NonNullable<Arrived['stop']>>(stop);
  return isOid(stopped.seen) && isSuspect(stopped.suspect) && isListOf(stopped.suspects, isSuspect);
}

function isSuspect(value: unknown): boolean {
  const { commit, rule, message, actor, id, items, files, standing = [] } = mapOf<Suspect>(value);
  const isWhole = isOid(commit) && [rule, message, actor].every(isText);
  if (
    !isWhole ||
    !(id === undefined || isText(id)) ||
    ![items, standing].every((list) => isListOf(list, isText))
  )
    return false;
  const stood = typeof files === 'object' && files !== null ? Object.values(files) : [undefined];
  return stood.every((oid) => oid === null || isText(oid));
}

export const writeArrived = (state: Pick<LocalState, 'set'>, arrived: Arrived): void =>
  state.set(ARRIVED, JSON.stringify(arrived));

export const GAINED = 'gained';

/** What is wrong with commits that something else put on the local branch, until they are shared, or put right. */
export function readGained(state: Pick<LocalState, 'get'>): readonly Suspect[] {
  try {
    const found: unknown = JSON.parse(state.get(GAINED) ?? '');
    if (isListOf(found, isSuspect)) return found as readonly Suspect[];
  } catch {}
  // What cannot be read is found again by the next call that would write.
  return [];
}

/** Commits that put items in question, as this clone has them now. */
export const suspectsOf = ({ state }: { state: Pick<LocalState, 'get'> }): readonly Suspect[] => [
  ...(readArrived(state)?.suspects ?? []),
  ...readGained(state),
];

/** All that is in question, also of what was not taken over for it. */
export function inQuestion({ state }: { state: Pick<LocalState, 'get'> }): readonly Suspect[] {
  const arrived = readArrived(state);
  return [...(arrived?.stop?.suspects ?? arrived?.suspects ?? []), ...readGained(state)];
}

/** The suspects about one item. */
export const suspectsAbout = (suspects: readonly Suspect[], id: WorkId): Suspect[] =>
  suspects.filter(({ items }) => items.includes(id));

/**
 * Items that nobody may take because of these commits, and why: those in question, and those that wait for one of them, which satisfies
 * no dependency and is no part that is done.
 */
export function heldBack(view: LedgerView, suspects: readonly Suspect[]): Map<WorkId, string> {
  const waiting = new Map<WorkId, string>();
  const suspected = new Map<WorkId, string>();
  for (const suspect of suspects)
    for (const id of suspect.items) {
      const why = describeSuspect(suspect);
      if (!suspected.has(id)) suspected.set(id, `it is in question: ${why}`);
      for (const other of [...view.openDependentsOf(id), ...view.blockedOn(id), ...parentsOf(view, id)])
        waiting.set(other, `it waits for ${id}, which is in question: ${why}`);
    }
  return new Map([...waiting, ...suspected]);
}

function parentsOf(view: LedgerView, id: WorkId): WorkId[] {
  if (view.statusOf(id) === 'damaged') return [];
  const parent = view.find(id)?.parent_id;
  return parent === undefined ? [] : [parent];
}

/** A suspect in a sentence. */
export const describeSuspect = ({ commit, rule, message, actor }: Suspect): string =>
  `commit ${commit.slice(0, 12)}${actor === '' ? '' : ` by ${quoted(actor)}`} breaks the rule \`${rule}\`: ${quoted(message)}`;

/** What helps, where an item is in question. */
export const hintOfSuspect = ({ commit }: Suspect): string =>
  `Look at it: wl verify. \`wl doctor --fix\` puts it back as it was before; whoever answers for it says so by: wl acknowledge ${commit.slice(0, 12)}`;
