import { parseId, WORK_ID, type WorkId } from '../domain/ids.ts';
import { isTerminal, type WorkStatus } from '../domain/item.ts';

/** The four directories that an item's file can stand in; they index the ledger by state. */
export const STATES = ['active', 'completed', 'failed', 'cancelled'] as const;
export type State = (typeof STATES)[number];

export const SETTINGS_PATH = 'ledger.yaml';
/** Whose SSH keys are whose. */
export const SIGNERS_PATH = 'policy/allowed_signers';

export function stateOf(status: WorkStatus): State {
  return isTerminal(status) ? (status as State) : 'active';
}

/** `<state>/<YYYY-MM>/x<shard>/<id>.yaml`; follows from id and status alone. */
export function itemPath(id: WorkId, status: WorkStatus): string {
  return pathIn(stateOf(status), id);
}

/** Every path at which the file of `id` may stand. */
export const possiblePaths = (id: WorkId): string[] => STATES.map((state) => pathIn(state, id));

/** Where the file of `id` stands in a state's directory. */
export function pathIn(state: State, id: WorkId): string {
  const { date } = parseId(id);
  return `${state}/${date.slice(0, 4)}-${date.slice(4, 6)}/x${id.slice(-2)}/${id}.yaml`;
}

/** Reads a path back; `undefined` where it is not exactly where an item may stand. */
export function parsePath(path: string): { id: WorkId; state: State } | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const id = name.slice(0, -'.yaml'.length);
  const state = path.slice(0, path.indexOf('/')) as State;
  if (!name.endsWith('.yaml') || !WORK_ID.test(id) || !STATES.includes(state)) return undefined;
  return pathIn(state, id) === path ? { id, state } : undefined;
}
