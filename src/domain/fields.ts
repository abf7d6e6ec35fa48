// One table, to be read from top to bottom: longer than others, since each field has a row.
import { LINK_KINDS, WORK_PRIORITIES, WORK_STATUSES, WORK_TYPES } from './item.ts';
import {
  actor,
  anyText,
  cloneName,
  exactly,
  execution,
  id,
  int,
  json,
  type Kind,
  line,
  list,
  longText,
  map,
  name as nameOf,
  op,
  optional,
  otherwise,
  record,
  scopePath,
  some,
  someLongText,
  someText,
  time,
  upTo,
  within,
  word,
  yesOrNo,
} from './kinds.ts';

/** An option of the command line that sets a field. */
export interface FieldOption {
  /** As it is typed: `-t, --type <type>`. */
  readonly flags: string;
  /** What `wl create --help` says of it; left out where `create` has no such option. */
  readonly create?: string;
  /** What `wl update --help` says of it; left out where `update` has no such option. */
  readonly update?: string;
}

/** All that is true of one field of an item. */
export interface FieldRow {
  /** What its value is, and whether there always is one. */
  readonly kind: Kind;
  /**
   * Who makes an item may give it, and `update` sets it: as a whole, or member by member, so that two clones' changes add up. What is
   * given `once` is the item's for good.
   */
  readonly settable?: 'whole' | 'members' | 'once';
  /**
   * How two lines of history merge it, where both changed it. Without this, only one can be right.
   *
   * `set`, `sorted_set`, `log` and `map`: by members. `standing`: one verb sets several of these, so they are taken together.
   * `each_time`: every transition writes it anew. `fixed`: it never changes.
   */
  readonly merge?: 'set' | 'sorted_set' | 'log' | 'map' | 'standing' | 'each_time' | 'fixed';
  readonly option?: FieldOption;
  /** What `wl show` calls it, in a line of its own; left out where it is shown in another form. */
  readonly show?: string;
}

const name = nameOf(200);
const MAX_SCOPES = 100;
export const label = nameOf(100);
export const link = record({ kind: word('link', LINK_KINDS), target: line(500) });

/**
 * The fields of an item, in the order of the file. From these rows are made: the schema and the quick check, the order of keys, what
 * `create` and `update` take and how that is read back from a commit, how two lines merge, and what the command line knows of them.
 *
 * @see docs/format.md, "Work item"
 */
export const FIELDS = {
  schema: { kind: exactly(1), merge: 'fixed' },
  id: { kind: id, merge: 'fixed' },
  rev: { kind: int(1), merge: 'each_time' },
  last_op: { kind: op, merge: 'each_time' },
  title: { kind: line(500), settable: 'whole', option: { flags: '--title <text>', update: 'a new title' } },
  type: {
    kind: otherwise(word('type', WORK_TYPES), () => 'task' as const),
    settable: 'whole',
    option: {
      flags: '-t, --type <type>',
      create: `${WORK_TYPES.join(', ')} (default: task)`,
      update: WORK_TYPES.join(', '),
    },
  },
  priority: {
    kind: otherwise(word('priority', WORK_PRIORITIES), () => 'medium' as const),
    settable: 'whole',
    option: {
      flags: '-p, --priority <priority>',
      create: `${WORK_PRIORITIES.join(', ')} (default: medium)`,
      update: WORK_PRIORITIES.join(', '),
    },
  },
  status: { kind: word('status', WORK_STATUSES), merge: 'standing' },
  owner: { kind: optional(actor), merge: 'standing' },
  labels: { kind: list(label, 1_000), settable: 'members', merge: 'sorted_set' },
  description: {
    kind: otherwise(longText(64), () => ''),
    settable: 'whole',
    option: {
      flags: '-d, --description <text>',
      create: 'what is to be done: text, @FILE, or - for standard input',
      update: 'text, @FILE, or - for standard input',
    },
  },
  acceptance: {
    kind: list(record({ text: someText, done: otherwise(yesOrNo, () => false) })),
    settable: 'whole',
    merge: 'set',
  },
  context: { kind: otherwise(map(256), () => ({})), settable: 'members', merge: 'map' },
  parent_id: { kind: optional(id), settable: 'whole' },
  dependencies: { kind: list(id, 10_000), settable: 'members', merge: 'set' },
  links: {
    kind: list(link, 1_000),
    settable: 'members',
    merge: 'set',
  },
  scope: {
    kind: optional(upTo(MAX_SCOPES, scopePath, 1)),
    settable: 'whole',
    option: {
      flags: '--scope <path>',
      create: 'a file, a directory, or all below one (dir/**) that it is about (repeatable)',
      update: 'what it is about, in place of what it had (repeatable); none for nothing',
    },
    show: 'scope',
  },
  swarm_name: {
    kind: optional(name),
    settable: 'whole',
    option: {
      flags: '--swarm <name>',
      create: 'the swarm it belongs to',
      update: 'the swarm it belongs to; none for no swarm',
    },
    show: 'swarm',
  },
  job_id: {
    kind: optional(name),
    settable: 'whole',
    option: {
      flags: '--job <id>',
      create: 'the job it belongs to',
      update: 'the job it belongs to; none for no job',
    },
    show: 'job',
  },
  execution_id: { kind: optional(execution), merge: 'standing' },
  created_at: { kind: time },
  created_by: { kind: actor },
  updated_at: { kind: time, merge: 'each_time' },
  started_at: { kind: optional(time), merge: 'standing' },
  completed_at: { kind: optional(time), merge: 'standing' },
  not_before: {
    kind: optional(time),
    settable: 'whole',
    merge: 'standing',
    option: {
      flags: '--not-before <time>',
      create: 'not ready before this ISO time',
      update: 'not ready before this ISO time; none for at once',
    },
    show: 'not before',
  },
  due_at: {
    kind: optional(time),
    settable: 'whole',
    option: {
      flags: '--due <time>',
      create: 'to be done by this ISO time',
      update: 'to be done by this ISO time; none for no such time',
    },
    show: 'due',
  },
  claim: {
    kind: optional(
      record({
        epoch: int(1),
        execution_id: execution,
        claimed_at: time,
        ttl_s: int(1),
        clone: optional(cloneName),
      }),
    ),
    merge: 'standing',
  },
  attempts: { kind: otherwise(int(0), () => 0), merge: 'standing' },
  max_attempts: {
    kind: optional(int(1, 1000)),
    settable: 'whole',
    option: {
      flags: '--max-attempts <n>',
      create: 'how often it may be tried',
      update: 'how often it may be tried',
    },
  },
  checkpoint: {
    kind: optional(
      within(
        64,
        record({
          at: time,
          attempt: int(0),
          step: optional(anyText),
          summary: optional(anyText),
          next_action: optional(anyText),
          work_ref: optional(anyText),
          artifacts: optional(some(anyText)),
          effects: optional(some(anyText)),
          data: optional(json),
        }),
      ),
    ),
    merge: 'standing',
  },
  block: {
    kind: optional(
      record({
        reason: someText,
        blocker_id: optional(id),
        since: time,
        from: word('status', ['pending', 'in_progress']),
      }),
    ),
    merge: 'standing',
  },
  review: {
    kind: optional(
      record({
        requested_at: time,
        requested_by: actor,
        approvals: optional(some(record({ by: actor, at: time, note: optional(anyText) }))),
        verdict: optional(word('verdict', ['approved', 'rejected'])),
        by: optional(actor),
        at: optional(time),
        note: optional(anyText),
      }),
    ),
    merge: 'standing',
  },
  worked_as: {
    kind: optional(
      some(
        record({
          by: actor,
          type: word('type', WORK_TYPES),
          labels: optional(some(label)),
          swarm_name: optional(name),
        }),
      ),
    ),
    merge: 'set',
  },
  result: { kind: optional(map(256)), merge: 'standing' },
  error: { kind: optional(longText(64)), merge: 'standing' },
  comments: { kind: list(record({ at: time, by: name, body: someLongText(64) })), merge: 'log' },
  idempotency_key: {
    kind: optional(name),
    settable: 'once',
    merge: 'fixed',
    option: {
      flags: '--key <key>',
      create: 'create it only once: asked for again under this key, it is returned, whatever became of it',
    },
    show: 'key',
  },
} as const satisfies Record<string, FieldRow>;

export type FieldKey = keyof typeof FIELDS;
type Rows = typeof FIELDS;
type KeysWith<P> = { [K in FieldKey]: Rows[K] extends P ? K : never }[FieldKey];

export const ROWS: readonly (readonly [FieldKey, FieldRow])[] = Object.entries(FIELDS) as [
  FieldKey,
  FieldRow,
][];

/** What the table says of a key; nothing where this version does not know it. */
export const rowOf = (key: string): FieldRow | undefined =>
  Object.hasOwn(FIELDS, key) ? FIELDS[key as FieldKey] : undefined;

/** Fields that `update` sets as a whole; lists that are sets and maps it changes by members. */
export type Settable = KeysWith<{ settable: 'whole' }>;
export type ChangedByMembers = KeysWith<{ settable: 'members' }>;
const settableAs = (how: FieldRow['settable']): FieldKey[] =>
  ROWS.flatMap(([key, row]) => (row.settable === how ? [key] : []));
export const SETTABLE = settableAs('whole') as readonly Settable[];
export const CHANGED_BY_MEMBERS = settableAs('members') as readonly ChangedByMembers[];

/** The kinds of some fields, by key. */
export type KindsOf<K extends FieldKey> = { [Key in K]: Rows[Key]['kind'] };
export const kindsOf = <K extends FieldKey>(keys: readonly K[]): KindsOf<K> =>
  Object.fromEntries(keys.map((key) => [key, FIELDS[key].kind])) as KindsOf<K>;

/** Fields that who makes an item may give, in the order of the file. */
export const GIVEN = ROWS.flatMap(([key, row]) => (row.settable === undefined ? [] : [key])) as readonly (
  | Settable
  | ChangedByMembers
  | KeysWith<{ settable: 'once' }>
)[];

/** Fields with an option of their own where an item is made, and where it is changed. */
export type CreateOption = KeysWith<{ option: { create: string } }>;
export type UpdateOption = KeysWith<{ option: { update: string } }>;
