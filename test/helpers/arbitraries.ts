import type { Arbitrary } from 'fast-check';
import fc from 'fast-check';
import type { Command, HolderObservation, TransitionEvent } from '../../src/domain/commands.ts';
import { isReservedKey } from '../../src/domain/graph.ts';
import { observeHolder } from '../../src/domain/holding.ts';
import type { WorkId } from '../../src/domain/ids.ts';
import {
  type Json,
  type JsonMap,
  LINK_KINDS,
  WORK_PRIORITIES,
  WORK_STATUSES,
  WORK_TYPES,
  type WorkItem,
  type WorkStatus,
} from '../../src/domain/item.ts';
import type { NewWork } from '../../src/domain/item-schema.ts';
import { workItemSchema } from '../../src/domain/item-schema.ts';
import { KNOWN_RULES } from '../../src/domain/policy.ts';
import { toName, toSafeLine } from '../../src/domain/text.ts';
import type { WorkPatch } from '../../src/domain/verbs/update.ts';
import type { VerbInput } from '../../src/domain/verbs.ts';
import { isVerb, TRANSITIONS, VERBS, type Verb } from '../../src/domain/verbs.ts';
import { DAY, type FakeView, idOf, LEDGER_ID } from './fake-view.ts';

/** Text that some reader of YAML, JSON, git or a terminal is known to take for something else. */
const NASTY = [
  ...['true', 'False', 'yes', 'NO', 'on', 'Off', 'y', 'N', 'null', 'Null', '~', '', ' ', '\t', '\n', '\n\n'],
  ...[
    '1',
    '0',
    '-1',
    '+1',
    '007',
    '0o17',
    '0x1F',
    '0b11',
    '1_000',
    '1e3',
    '.5',
    '1.',
    '.inf',
    '-.INF',
    '.nan',
  ],
  ...[
    'NaN',
    'Infinity',
    '12:30:45',
    '190:20:30',
    '2026-01-03',
    '2026-01-03T10:00:00.000Z',
    '2026-1-3 10:00:00',
  ],
  ...[
    '=',
    '<<',
    '*alias',
    '&anchor',
    '!tag',
    '!!str x',
    '%YAML 1.1',
    '@at',
    '`tick`',
    '|',
    '>',
    '- dash',
    '-',
  ],
  ...[
    '? key',
    ': value',
    'a: b',
    'a #b',
    '#comment',
    '[a]',
    '{a: b}',
    'a,b',
    "it's",
    '"quoted"',
    'back\\slash',
  ],
  ...[
    '---',
    '--- a/file',
    '...',
    '<<<<<<< ours',
    '=======',
    '>>>>>>> theirs',
    '# --- >8 ---',
    'é',
    '日本語',
    '👩‍💻🚀',
  ],
  ...[
    'Work-Verb: complete',
    'Work-Item: WRK-20260103-0001',
    'Signed-off-by: Ada <a@b>',
    'pending -> completed',
  ],
  ...[
    'a\u0000b',
    '\u0007',
    '\u001b[2J',
    '\u007f',
    '\u0085',
    '\u00a0',
    '\u2028',
    '\u2029',
    '\ufeff',
    '\u202e',
    '\ufffe',
  ],
  ...[
    '\u200e\u061c',
    '\u{1fffe}',
    '\u{10ffff}',
    'a\r\nb',
    'a\rb',
    '  lead',
    'trail  ',
    '\ttab',
    'tab\t',
    ' \n a',
    'a\n ',
  ],
  ...[
    'a\n\n',
    'a\n\n\nb\n\n\n',
    '\n\n  a',
    'a\n  b\n c\n',
    'a\n\t\nb',
    '\ta\nb',
    '   \na',
    'a\n   \n',
    ' a\n ',
    ' a\n \n\n',
    '\n \n',
    '# a\n# b',
    '- a\n- b\n',
  ],
  ...[
    'a\u2028b\nc',
    'a\u200eb\nc',
    '\ufeffa\nb',
    'key: |\n  text\n',
    '---\na: b\n...\n',
    'a\n<<<<<<< x\nb',
    'x'.repeat(200),
  ],
];

const word = fc.constantFrom(
  'a',
  'the',
  'ledger',
  'x y',
  'é',
  '🚀',
  '-',
  ':',
  '#',
  '"',
  "'",
  ' ',
  '  ',
  '\t',
  '1',
  '\\',
);
const composed = fc
  .array(
    fc.array(word, { maxLength: 5 }).map((words) => words.join('')),
    { maxLength: 5 },
  )
  .map((lines) => lines.join('\n'));

/** Any text at all, well-formed. */
export const text: Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NASTY),
  composed,
  fc.string({ unit: 'binary', maxLength: 12 }),
);

/** Text that can stand on one line, as titles and names must. */
const line: Arbitrary<string> = text.map((value) => toSafeLine(value, 100).trim() || 'untitled');

/** A line that can be told from others. */
const name: Arbitrary<string> = text.map((value) => toName(value, 100) || 'untitled');

/** A key that anyone may take. */
const freeKey = name.map((value) => (isReservedKey(value) ? `k${value}` : value));

const actor: Arbitrary<string> = name.map((value) => toName(value.replaceAll(/[<>]/g, ''), 100) || 'ada');

const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 1e21, -1e-7, 2 ** 53, 2 ** 53 + 2, 1.2345678901234567e19, 5e-324, Number.MAX_VALUE),
);

const key = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '0',
    '10',
    '2',
    'a b',
    'k'.repeat(1500),
  ),
  text,
);

const { json, map } = fc.letrec<{ json: Json; map: JsonMap; list: Json[] }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(text, number, fc.boolean(), fc.constant(null)),
    tie('map'),
    tie('list'),
  ),
  list: fc.array(tie('json'), { maxLength: 3 }),
  map: fc
    .array(fc.tuple(key, tie('json')), { maxLength: 4 })
    // `fromEntries` makes a key of `__proto__`, where an assignment would not.
    .map((entries) => Object.fromEntries(entries)),
}));

export { map as anyMap };

const at: Arbitrary<string> = fc
  .integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 11, 31) })
  .map((ms) => new Date(ms).toISOString());

export const op: Arbitrary<string> = fc.uuid({ version: 7 });

export const id: Arbitrary<WorkId> = fc.oneof(
  fc.integer({ min: 1, max: 99_999 }).map(idOf),
  fc.constantFrom(`WRK-${DAY}-k3m9x2ab`, 'AB-20251231-0000', 'LONGNAME-20260228-zzzzzzzzzzzzzzzz'),
);

export const status: Arbitrary<WorkStatus> = fc.constantFrom(...WORK_STATUSES);

const maybe = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });
const few = <T>(arbitrary: Arbitrary<T>, maxLength = 3): Arbitrary<T[]> => fc.array(arbitrary, { maxLength });
const notEmpty = text.map((value) => value || 'x');

const link = fc.record({ kind: fc.constantFrom(...LINK_KINDS), target: line });
const criterion = fc.record({ text: notEmpty, done: fc.boolean() });

/** What a person fills in. `refs` are the items that may be named as parent and dependencies. */
const editable = (refs: readonly WorkId[]) => ({
  title: line,
  type: fc.constantFrom(...WORK_TYPES),
  priority: fc.constantFrom(...WORK_PRIORITIES),
  labels: few(name),
  description: text,
  acceptance: few(criterion),
  context: map,
  parent_id: maybe(fc.constantFrom(...(refs.length === 0 ? [idOf(99_998)] : refs))),
  dependencies: fc.subarray([...refs]),
  links: few(link),
  swarm_name: maybe(name),
  job_id: maybe(name),
  max_attempts: maybe(fc.integer({ min: 1, max: 1000 })),
  idempotency_key: maybe(freeKey),
});

const checkpointInput = fc.record(
  {
    step: text,
    summary: text,
    next_action: text,
    work_ref: text,
    artifacts: few(text),
    effects: few(text),
    data: json,
  },
  { requiredKeys: [] },
);

const checkpoint = fc
  .tuple(checkpointInput, at, fc.nat(9))
  .map(([input, when, attempt]) => ({ at: when, attempt, ...input }));

/** Keys that a later version may know, some of them named as every object's own methods are. */
const unknown = fc.dictionary(
  fc.constantFrom('zz_later', 'estimate', 'constructor', 'valueOf', '7', 'two words'),
  json,
  {
    noNullPrototype: true,
  },
);

interface ItemOptions {
  id?: WorkId;
  status?: WorkStatus;
  /** Items that may be named; none are where this is left out. */
  refs?: readonly WorkId[];
}

const scopePaths = fc.array(fc.constantFrom('src/api', 'src/api/**', 'docs/a b.md', 'ü/x.ts'), {
  minLength: 1,
  maxLength: 3,
});

/** A valid item, with what its status goes with: held ones have a claim, blocked ones a block, and so on. */
export function workItem({ id: fixed, status: wanted, refs = [] }: ItemOptions = {}): Arbitrary<WorkItem> {
  return fc
    .record({
      id: fixed === undefined ? id : fc.constant(fixed),
      status: wanted === undefined ? status : fc.constant(wanted),
      edit: fc.record({
        ...editable(refs),
        not_before: maybe(at),
        due_at: maybe(at),
        scope: maybe(scopePaths),
      }),
      rev: fc.integer({ min: 1, max: 1_000_000 }),
      last_op: op,
      times: fc.tuple(at, at, at, at),
      people: fc.tuple(actor, actor),
      execution_id: name,
      epoch: fc.integer({ min: 1, max: 50 }),
      ttl_s: fc.integer({ min: 1, max: 31_536_000 }),
      fromProgress: fc.boolean(),
      wasClaimed: fc.boolean(),
      attempts: fc.nat(9),
      checkpoint: maybe(checkpoint),
      reason: notEmpty,
      blocker: fc.constantFrom(undefined, ...refs),
      review: maybe(fc.record({ verdict: fc.constantFrom('approved', 'rejected'), note: text })),
      worked_as: maybe(
        fc.array(
          fc.record(
            {
              by: actor,
              type: fc.constantFrom(...WORK_TYPES),
              labels: fc.array(name, { maxLength: 3 }),
              swarm_name: name,
            },
            { requiredKeys: ['by', 'type'] },
          ),
          { minLength: 1, maxLength: 3 },
        ),
      ),
      result: maybe(map),
      error: text,
      comments: few(fc.record({ at, by: actor, body: notEmpty })),
      unknown,
    })
    .map((seed) => {
      const [created_at, updated_at, claimed_at, ended_at] = seed.times;
      const [owner, created_by] = seed.people;
      const state = seed.status;
      const held =
        state === 'in_progress' || state === 'in_review' || (state === 'blocked' && seed.fromProgress);
      const ended = state === 'completed' || state === 'failed' || state === 'cancelled';
      const claimed = held || seed.wasClaimed;
      return workItemSchema().parse({
        ...seed.unknown,
        ...seed.edit,
        dependencies: seed.edit.dependencies.filter((other) => other !== seed.id),
        labels: [...new Set(seed.edit.labels)].sort(),
        schema: 1,
        id: seed.id,
        rev: seed.rev,
        last_op: seed.last_op,
        status: state,
        owner: held || (ended && seed.wasClaimed) ? owner : undefined,
        execution_id: held ? seed.execution_id : undefined,
        created_at,
        created_by,
        updated_at,
        started_at: claimed ? claimed_at : undefined,
        completed_at: ended ? ended_at : undefined,
        claim: claimed
          ? { epoch: seed.epoch, execution_id: seed.execution_id, claimed_at, ttl_s: seed.ttl_s }
          : undefined,
        attempts: seed.attempts,
        checkpoint: seed.checkpoint,
        block:
          state === 'blocked'
            ? {
                reason: seed.reason,
                blocker_id: seed.blocker,
                since: updated_at,
                from: held ? 'in_progress' : 'pending',
              }
            : undefined,
        review:
          state === 'in_review'
            ? { requested_at: updated_at, requested_by: owner }
            : seed.review && {
                requested_at: claimed_at,
                requested_by: owner,
                by: created_by,
                at: ended_at,
                ...seed.review,
              },
        worked_as: seed.worked_as,
        result: state === 'completed' || state === 'in_review' ? seed.result : undefined,
        error: state === 'failed' ? seed.error : undefined,
        comments: seed.comments,
      });
    });
}

const newWork = (refs: readonly WorkId[]): Arbitrary<NewWork> =>
  fc.record(
    { ...editable(refs), labels: few(name, 5), not_before: at, due_at: at, scope: scopePaths, owner: actor },
    { requiredKeys: ['title'] },
  ) as Arbitrary<NewWork>;

const setChange = <T>(values: Arbitrary<T>) =>
  fc.record({ add: few(values), remove: few(values) }, { requiredKeys: [] });

const observedIn = (item: WorkItem | undefined): HolderObservation =>
  item === undefined ? { epoch: 1, execution_id: undefined, checkpoint_at: undefined } : observeHolder(item);

/** A change to `item`, which takes away what is there as readily as it adds. */
function workPatch(item: WorkItem | undefined, refs: readonly WorkId[]): Arbitrary<WorkPatch> {
  const fields = editable(refs);
  const orNull = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | null> => fc.option(arbitrary, { freq: 4 });
  const oneOf = <T>(present: readonly T[] | undefined, fresh: Arbitrary<T>): Arbitrary<T> =>
    present === undefined || present.length === 0 ? fresh : fc.oneof(fc.constantFrom(...present), fresh);
  const ids = refs.filter((ref) => ref !== item?.id);
  const dependency = fc.constantFrom(...(ids.length === 0 ? [idOf(99_997)] : ids));
  return fc.record(
    {
      set: fc.record(
        {
          title: line,
          type: orNull(fields.type),
          priority: orNull(fields.priority),
          description: orNull(text),
          acceptance: orNull(fields.acceptance),
          parent_id: orNull(fc.constantFrom(...(ids.length === 0 ? [idOf(99_996)] : ids))),
          swarm_name: orNull(name),
          job_id: orNull(name),
          not_before: orNull(at),
          due_at: orNull(at),
          scope: orNull(scopePaths),
          max_attempts: orNull(fc.integer({ min: 1, max: 1000 })),
        },
        { requiredKeys: [] },
      ),
      context: fc
        .array(fc.tuple(oneOf(item && Object.keys(item.context), key), json), { maxLength: 4 })
        .map((entries) => Object.fromEntries(entries)),
      labels: setChange(oneOf(item?.labels, name)),
      dependencies: setChange(oneOf(item?.dependencies, dependency)),
      links: setChange(oneOf(item?.links, link)),
    },
    { requiredKeys: [] },
  ) as Arbitrary<WorkPatch>;
}

interface CommandContext {
  id: WorkId;
  /** The item as it stands, to aim at; `undefined` where there is none. */
  item: WorkItem | undefined;
  refs: readonly WorkId[];
}

type Inputs = { [V in Verb]: () => Arbitrary<VerbInput[V]> };

function inputs({ id: target, item, refs }: CommandContext): Inputs {
  const named = { id: fc.constant(target) };
  const reason = { reason: maybe(text) };
  // What the holder knows, in whole or in part; now and then what a superseded one does.
  const fence = {
    epoch: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(undefined, item?.claim?.epoch) },
      { weight: 1, arbitrary: fc.nat(9) },
    ),
    execution_id: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(undefined, item?.claim?.execution_id) },
      { weight: 1, arbitrary: line },
    ),
  };
  const execution_id = fc.constantFrom(
    'exec-a',
    'exec-b',
    '42',
    'true',
    item?.claim?.execution_id ?? 'exec-c',
  );
  const taking = fc.record({ ...named, execution_id, ttl_s: maybe(fc.integer({ min: 1, max: 99_999 })) });
  const result = maybe(map);
  return {
    create: () => fc.record({ id: fc.constantFrom(undefined, target), fields: newWork(refs) }),
    import: () => fc.record({ ...named, item: workItem({ id: target, refs }) }),
    assign: () => fc.record({ ...named, owner: maybe(actor), ...reason }),
    claim: () => taking,
    start: () => taking,
    release: () => fc.record({ ...named, ...reason, ...fence }),
    checkpoint: () => fc.record({ ...named, checkpoint: checkpointInput, ...fence }),
    link_execution: () => fc.record({ ...named, link: name, epoch: fence.epoch }),
    block: () =>
      fc.record({
        ...named,
        reason: text,
        blocker_id: fc.constantFrom(undefined, ...refs),
        force: maybe(fc.boolean()),
        ...fence,
      }),
    unblock: () => fc.record({ ...named, ...reason }),
    submit: () => fc.record({ ...named, result, ...fence }),
    approve: () => fc.record({ ...named, ...reason }),
    reject: () => fc.record({ ...named, reason: text }),
    withdraw: () => fc.record({ ...named, ...reason, ...fence }),
    complete: () => fc.record({ ...named, result, ...fence }),
    fail: () => fc.record({ ...named, error: text, ...fence }),
    retry: () => fc.record({ ...named, not_before: maybe(at), reset: maybe(fc.boolean()), ...reason }),
    cancel: () => fc.record({ ...named, ...reason }),
    reopen: () => fc.record({ ...named, reason: text }),
    recover: () => fc.record({ ...named, reason: text, observed: fc.constant(observedIn(item)) }),
    update: () => fc.record({ ...named, patch: workPatch(item, refs) }),
    accept: () => {
      const criteria = item?.acceptance.map(({ text }) => text) ?? [];
      const some = maybe(fc.subarray(criteria));
      return fc.record({ ...named, met: some, open: some });
    },
    comment: () => fc.record({ ...named, body: text }),
    delete: () => fc.record({ ...named, ...reason }),
  };
}

/** A command of `verb` at `context.item`, mostly by someone who may, now and then by a stranger. */
export function commandOf(verb: Verb, context: CommandContext): Arbitrary<Command> {
  const { item } = context;
  const entitled =
    TRANSITIONS[verb].by === 'not_owner' ? item?.created_by : (item?.owner ?? item?.created_by);
  return fc
    .record({
      actor: fc.oneof(
        { weight: 4, arbitrary: fc.constant(entitled ?? 'ada') },
        { weight: 1, arbitrary: fc.oneof(fc.constantFrom('ada', 'bob', item?.created_by ?? 'carol'), actor) },
      ),
      at: fc.oneof(at, fc.constant('2027-01-01T00:00:00.000Z')),
      op,
      input: inputs(context)[verb]() as Arbitrary<VerbInput[Verb]>,
    })
    .map(({ input, ...request }) => ({ verb, ...request, ...input }) as Command);
}

/** A command that the ledger, as it stands, has a good chance of taking. */
export function commandFor(view: FakeView): Arbitrary<Command> {
  const refs = view.ids();
  const fresh = idOf(view.nextNumber('WRK', DAY));
  const making = fc
    .constantFrom<Verb>('create', 'create', 'import')
    .chain((verb) => commandOf(verb, { id: fresh, item: undefined, refs }));
  if (refs.length === 0) return making;
  const changing = fc.constantFrom(...view.items()).chain((item) => {
    const legal = VERBS.filter((verb) => (TRANSITIONS[verb].from as readonly string[]).includes(item.status));
    return fc
      .oneof(
        { weight: 9, arbitrary: fc.constantFrom(...legal) },
        { weight: 1, arbitrary: fc.constantFrom(...VERBS) },
      )
      .chain((verb) => commandOf(verb, { id: item.id, item, refs }));
  });
  return fc.oneof({ weight: refs.length < 5 ? 3 : 1, arbitrary: making }, { weight: 9, arbitrary: changing });
}

/** The event of any commit: what `encodeMessage` can be given. */
export const transitionEvent: Arbitrary<TransitionEvent> = fc
  .record({
    verb: fc.constantFrom(...Object.keys(TRANSITIONS).filter(isVerb)),
    id,
    title: line,
    statuses: fc.oneof(
      fc.tuple(status, status),
      status.map((same) => [same, same] as const),
      status.map((to) => [undefined, to] as const),
      status.map((from) => [from, undefined] as const),
    ),
    rev: fc.integer({ min: 1 }),
    actor,
    op,
    at,
    epoch: maybe(fc.integer({ min: 1 })),
    execution_id: maybe(name),
    reason: maybe(line),
  })
  .map(({ statuses: [from, to], ...event }) => ({ ...event, from, to }));

const limitsByName = fc.dictionary(fc.oneof(fc.constant('*'), name), fc.integer({ min: 0, max: 9 }), {
  noNullPrototype: true,
  maxKeys: 3,
});

const pattern = fc.constantFrom('ada', 'bob', 'team/*', '*', 'swarm_*/implementer');
const roleNames = fc.uniqueArray(fc.constantFrom('leads', 'workers', 'anyone', 'creator', 'owner'), {
  minLength: 1,
});
const scope = {
  types: fc.uniqueArray(fc.constantFrom(...WORK_TYPES), { minLength: 1, maxLength: 2 }),
  labels: fc.array(fc.oneof(pattern, name), { minLength: 1, maxLength: 2 }),
  swarms: fc.array(pattern, { minLength: 1, maxLength: 2 }),
};
const KEY = `ssh-ed25519 ${'A'.repeat(68)} ada@example.com`;
const role = fc.record(
  { members: fc.array(pattern, { maxLength: 3 }), keys: fc.constantFrom([KEY], ['0'.repeat(40), KEY]) },
  { requiredKeys: ['members'] },
);

/** Both roles are always there, so that rules can name them. */
const policy = fc.record(
  {
    roles: fc.record({ leads: role, workers: role }),
    allow: fc.array(
      fc.record(
        {
          verbs: fc.uniqueArray(
            fc.constantFrom('*' as const, 'configure' as const, 'repair' as const, ...VERBS),
            {
              minLength: 1,
              maxLength: 4,
            },
          ),
          ...scope,
          roles: roleNames,
        },
        { requiredKeys: ['verbs', 'roles'] },
      ),
      { maxLength: 4 },
    ),
    review: fc.array(
      fc.record(
        { ...scope, approvals: fc.integer({ min: 0, max: 3 }), roles: roleNames },
        { requiredKeys: [] },
      ),
      { maxLength: 3 },
    ),
    signatures: fc.constantFrom('optional' as const, 'required' as const),
    retention_days: fc.integer({ min: 0, max: 36_500 }),
  },
  { requiredKeys: ['roles'] },
);

const plainSettings = fc.record(
  {
    schema: fc.constant(1 as const),
    ledger_id: fc.constant(LEDGER_ID),
    rules_version: fc.constant(KNOWN_RULES),
    id_prefix: fc.constantFrom('WRK', 'AB', 'LONGNAME', 'NO', 'ON'),
    lease_ttl_s: fc.integer({ min: 1, max: 31_536_000 }),
    clock_skew_s: fc.integer({ min: 0, max: 86_400 }),
    max_attempts: fc.integer({ min: 1, max: 1000 }),
    on_complete: fc.constantFrom('archive' as const, 'delete' as const),
    limits: fc.record(
      { owner: limitsByName, swarm: limitsByName, label: limitsByName },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['schema', 'ledger_id'] },
);

export const settings = fc.oneof(
  plainSettings,
  fc.tuple(plainSettings, policy).map(([one, two]) => ({ ...one, ...two })),
);
