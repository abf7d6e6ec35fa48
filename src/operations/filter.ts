import {
  type ReadableLedger,
  WORK_PRIORITIES,
  WORK_STATUSES,
  WORK_TYPES,
  type WorkFilter,
} from '../index.ts';
import { refuse, SHORT_PRIORITY, SHORT_STATUS, someOf } from './typed.ts';

/** What is typed into an option of each kind. */
interface Typed {
  flag: boolean;
  text: string | undefined;
  list: readonly string[];
  set: readonly string[];
}

interface Row<K extends keyof Typed> {
  kind: K;
  flags: string;
  help: string;
  /** What is asked for; what names items or who asks is looked up in `ledger`. */
  read(typed: Typed[K]): WorkFilter | ((ledger: ReadableLedger) => WorkFilter | Promise<WorkFilter>);
}

const row = <K extends keyof Typed>(kind: K, flags: string, help: string, read: Row<K>['read']): Row<K> => ({
  kind,
  flags,
  help,
  read,
});

const several = (values: readonly string[]): string => `${values.join(', ')}; several with commas`;

/** How each condition of a list is asked for: its option, its help, and how what is typed is read. */
const ROWS = {
  status: row('set', '--status <status>', several(WORK_STATUSES), (typed) => ({
    status: someOf(typed, WORK_STATUSES, '--status', SHORT_STATUS),
  })),
  priority: row('set', '--priority <priority>', several(WORK_PRIORITIES), (typed) => ({
    priority: someOf(typed, WORK_PRIORITIES, '--priority', SHORT_PRIORITY),
  })),
  swarm: row('text', '--swarm <name>', 'of this swarm', (swarm_name) => ({ swarm_name })),
  type: row('set', '--type <type>', 'of this type; several with commas', (typed) => ({
    type: someOf(typed, WORK_TYPES, '--type'),
  })),
  label: row('list', '--label <label>', 'with this label (repeatable: with all of them)', (labels) => ({
    labels: labels.length === 0 ? undefined : labels,
  })),
  owner: row('text', '--owner <name>', 'owned by or assigned to', (owner) => ({ owner })),
  mine: row('flag', '--mine', 'owned by or assigned to whoever asks', (given) =>
    given ? ({ actor }) => ({ owner: actor }) : {},
  ),
  unassigned: row('flag', '--unassigned', 'that nobody owns', (given) => (given ? { owner: null } : {})),
  job: row('text', '--job <id>', 'of this job', (job_id) => ({ job_id })),
  parent: row('text', '--parent <id>', 'parts of this item', (typed) =>
    typed ? async (ledger) => ({ parent_id: await ledger.query.resolveId(typed) }) : {},
  ),
  discovered_from: row('text', '--discovered-from <id>', 'discovered in the work on this item', (typed) =>
    typed ? async (ledger) => ({ discovered_from: await ledger.query.resolveId(typed) }) : {},
  ),
  all: row('flag', '--all', 'finished ones too', (all) => ({ all })),
};
type Name = keyof typeof ROWS;

const pick = <const N extends Name>(...names: readonly N[]): Pick<typeof ROWS, N> =>
  Object.fromEntries(names.map((name) => [name, ROWS[name]])) as Pick<typeof ROWS, N>;

/** For lists of everything. */
export const LIST_FILTER = ROWS;
/** For lists of what can be claimed. */
export const READY_FILTER = pick('swarm', 'type', 'label', 'priority', 'parent');
/** For taking the next item. */
export const NEXT_FILTER = pick('swarm', 'type', 'label');

/** What was typed into the options of any of the rows. */
export type TypedFilter = { readonly [N in Name]?: Typed[(typeof ROWS)[N]['kind']] };

/**
 * Reads what was typed.
 *
 * @returns what asks for it of a ledger
 * @throws LedgerError `INVALID_INPUT` for a value that a condition cannot have
 */
export function readFilter(typed: TypedFilter): (ledger: ReadableLedger) => Promise<WorkFilter> {
  const given = Object.entries(typed).filter(([name]) => Object.hasOwn(ROWS, name)) as [Name, never][];
  const parts = given.map(([name, value]) => ROWS[name].read(value));
  return async (ledger) => {
    const { owner, mine, unassigned } = typed;
    if ([owner !== undefined, mine, unassigned].filter((one) => one).length > 1)
      throw refuse('--owner, --mine and --unassigned exclude each other.');
    const settled = await Promise.all(
      parts.map((part) => (typeof part === 'function' ? part(ledger) : part)),
    );
    const entries = settled.flatMap((part) => Object.entries(part));
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  };
}
