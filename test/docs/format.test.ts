import { expect, test } from 'vitest';
import { MAX_AUXILIARY_BYTES, MAX_AUXILIARY_FILES } from '../../src/codec/auxiliary-files.ts';
import { decodeItem, encodeItem } from '../../src/codec/item.ts';
import {
  decodeLedgerMessage,
  decodeMessage,
  encodeConfigureMessage,
  encodeInitMessage,
  encodeMessage,
} from '../../src/codec/message.ts';
import { itemPath, parsePath } from '../../src/codec/path.ts';
import { MAX_FILE_BYTES } from '../../src/codec/read-yaml.ts';
import type { Command } from '../../src/domain/commands.ts';
import { ERROR_CODES, type ErrorCode, LedgerError } from '../../src/domain/errors.ts';
import { FIELDS } from '../../src/domain/fields.ts';
import { observeHolder } from '../../src/domain/holding.ts';
import {
  isTerminal,
  LINK_KINDS,
  WORK_PRIORITIES,
  WORK_STATUSES,
  WORK_TYPES,
  type WorkItem,
} from '../../src/domain/item.ts';
import { workItemSchema } from '../../src/domain/item-schema.ts';
import { settingsSchema } from '../../src/domain/settings.ts';
import { REASON_LENGTH } from '../../src/domain/text.ts';
import type { VerbInput } from '../../src/domain/verbs.ts';
import { TRANSITIONS, VERBS, type Verb, verbOf } from '../../src/domain/verbs.ts';
import { MAX_COMMIT_BYTES } from '../../src/git/model/commit.ts';
import type { LedgerStore } from '../../src/store/port.ts';
import { keepRejected } from '../../src/sync/rejected.ts';
import * as marks from '../../src/sync/state-keys.ts';
import { ask, FakeView, LEDGER_ID, refusal } from '../helpers/fake-view.ts';
import { blocks, named, readProject, section, table } from './markdown.ts';

const PAGE = readProject('docs/format.md');
const ITEM = section(PAGE, '## Work item');
const TRANSITION = section(PAGE, '## Transitions');
const COMMIT = section(PAGE, '## Commit');
const block = (part: string, nth = 0): string => blocks(part)[nth] ?? '';

/** The item that the page shows. */
function example(): WorkItem {
  const decoded = decodeItem(Buffer.from(block(ITEM)), 'WRK-20260103-0002', 'active');
  if (decoded.kind === 'damaged') throw new Error(decoded.problem.message);
  return decoded.item;
}

const GROUPS: Readonly<Record<string, readonly string[]>> = {
  '–': ['none'],
  open: WORK_STATUSES.filter((status) => !isTerminal(status)),
  ended: WORK_STATUSES.filter(isTerminal),
  all: WORK_STATUSES,
};
const GOALS: Readonly<Record<string, string>> = {
  'as held': 'as_held',
  'pending or failed': 'pending_or_failed',
  'as approved': 'as_approved',
};
const RIGHTS: Readonly<Record<string, string>> = {
  'owner once claimed': 'owner_once_claimed',
  'creator or owner': 'creator_or_owner',
  'not the owner': 'not_owner',
};

test('given the table of transitions, when held against the code, then verb, from, to and who are the same', () => {
  const told = table(TRANSITION).map(([verb = '', from = '', to = '', who = '']) => [
    verb,
    { from: GROUPS[from] ?? from.split(', '), to: GOALS[to] ?? to, by: RIGHTS[who] ?? who },
  ]);
  expect(told).toEqual(Object.entries(TRANSITIONS));
});

test('given the table of keys, when held against the code, then names, order and kinds are the same', () => {
  const told = table(ITEM).map(([key, type]) => [key, type]);
  expect(told).toEqual(Object.entries(FIELDS).map(([key, { kind }]) => [key, kind.words]));
});

test('given the keys of nested maps, when held against the code, then names and order are the same', () => {
  const shape = workItemSchema().shape;
  const nested = {
    acceptance: shape.acceptance.unwrap().element.shape,
    links: shape.links.unwrap().element.shape,
    claim: shape.claim.unwrap().shape,
    checkpoint: shape.checkpoint.unwrap().shape,
    block: shape.block.unwrap().shape,
    review: shape.review.unwrap().shape,
    worked_as: shape.worked_as.unwrap().element.shape,
    comments: shape.comments.unwrap().element.shape,
  };
  const told = table(ITEM).flatMap(([key = '', type = '']) => {
    const keys = /^\{(.*)\}/.exec(type)?.[1];
    return keys === undefined ? [] : [[key, keys.split(', ')]];
  });
  expect(told).toEqual(Object.entries(nested).map(([key, fields]) => [key, Object.keys(fields)]));
});

test('given the words of an item, when held against the code, then they are the same', () => {
  expect(named(ITEM, '- Statuses:')).toEqual(WORK_STATUSES);
  expect(named(ITEM, '- Types:')).toEqual(WORK_TYPES);
  expect(named(ITEM, '- Priorities, lowest first:')).toEqual(WORK_PRIORITIES);
  expect(named(ITEM, '- Link kinds:')).toEqual(LINK_KINDS);
});

test('given the table of settings, when held against the code, then keys and defaults are the same', () => {
  const defaults = settingsSchema().parse({ schema: 1, ledger_id: LEDGER_ID });
  const told = table(section(PAGE, '## Settings'));
  expect(told.map(([key]) => key)).toEqual(Object.keys(settingsSchema().shape));
  for (const [key = '', value] of told) {
    if (value !== '–') expect(value, key).toBe(String(defaults[key]));
  }
});

test('given the table of error codes, when held against the code, then codes, order and retryable are the same', () => {
  const told = table(section(PAGE, '## Error codes')).map(([code, retryable]) => [code, retryable === 'yes']);
  expect(told).toEqual(Object.entries(ERROR_CODES).map(([code, { retryable }]) => [code, retryable]));
});

test('given the example of an item, when it is read and written, then the bytes are the same', () => {
  expect(encodeItem(example()).toString()).toBe(block(ITEM));
});

test('given the example of a message, when it is read and written, then it is the same', () => {
  const message = block(COMMIT);
  const decoded = decodeMessage(message);
  if (decoded.kind === 'problem') throw new Error(decoded.message);
  expect(encodeMessage({ ...decoded.event, title: example().title })).toBe(message);
  const told = table(COMMIT).map(([key]) => key);
  const used = [...message.matchAll(/^(Work-\w+):/gm)].map(([, key]) => key);
  expect(told).toEqual([...used, 'Work-Reason', 'Work-Expects', 'Work-Key', 'Work-Group']);
});

test('given the examples of the other messages, when they are read and written, then they are the same', () => {
  const part = section(PAGE, '### The root and the settings');
  const [init = '', configure = '', files = ''] = blocks(part);
  const [root, change, laid] = [init, configure, files].map(decodeLedgerMessage);
  if (root?.verb !== 'init' || change?.verb !== 'configure' || laid?.verb !== 'configure')
    throw new Error('one cannot be read');
  expect(encodeInitMessage('019b8200-0000-7000-8000-000000000002', root)).toBe(init);
  expect(encodeConfigureMessage(['lease_ttl_s', 'max_attempts'], [], change)).toBe(configure);
  expect(encodeConfigureMessage([], ['CODEOWNERS', '.github/workflows/work-ledger.yml'], laid)).toBe(files);
});

test('given the example of a rejected transition, when one is kept, then its message is the same', async () => {
  const told = block(section(PAGE, '## Rejected'));
  const view = new FakeView().put(example());
  const error = refusal(() =>
    view.run(ask('claim', { id: example().id, execution_id: 'exec-b', actor: 'bob' })),
  );
  expect(error).toBeInstanceOf(LedgerError);
  let message = '';
  const store = {
    readRef: async () => undefined,
    commit: async ({ drafts }: Parameters<LedgerStore['commit']>[0]) => {
      message = drafts[0]?.message ?? '';
      return { kind: 'committed', tip: '', oids: [] };
    },
  } as unknown as LedgerStore;
  const lost = {
    op: '019b8361-6c68-7b21-8c3e-2d4f6a8b0c11',
    record: { oid: '', message: 'claim WRK-20260103-0002: pending -> in_progress\n' },
  } as Parameters<typeof keepRejected>[1];
  await keepRejected(store, lost, error, { name: 'ada', email: 'ada@example.invalid' }, new Date());
  expect(message).toBe(told);
});

test('given the files of local state, when held against the code, then each that sync keeps is listed', () => {
  const told = table(section(PAGE, '### Local state')).map(([file]) => file);
  const keys = Object.values(marks).filter((mark) => typeof mark === 'string');
  expect(told).toEqual(expect.arrayContaining(keys));
});

test('given the limits of files beside items, when held against the code, then they are the same', () => {
  const [, kib, count] =
    /UTF-8 text of at most (\d+) KiB, at most (\d+) of them/.exec(section(PAGE, '## Tree')) ?? [];
  expect([Number(kib) * 1024, Number(count)]).toEqual([MAX_AUXILIARY_BYTES, MAX_AUXILIARY_FILES]);
});

test('given the examples of paths, when held against the code, then that is where the items stand', () => {
  const paths = [...block(section(PAGE, '## Tree')).matchAll(/^\S+\/\S+\.yaml/gm)].map(([path]) => path);
  expect(paths.length).toBeGreaterThan(0);
  for (const path of paths) {
    const found = parsePath(path);
    if (found === undefined) throw new Error(`${path} is no item's`);
    expect(itemPath(found.id, found.state === 'active' ? 'pending' : found.state)).toBe(path);
  }
});

test('given every rule of damage in the code, when the page is read, then it lists each of them', () => {
  const sources = [
    'src/codec/read-yaml.ts',
    'src/codec/item.ts',
    'src/projection/files.ts',
    'src/projection/load.ts',
  ];
  const used = sources.flatMap((path) =>
    [...readProject(path).matchAll(/(?:rule: |(?:problem|damaged|stop)\()'([a-z]+)'/g)].map(
      ([, rule]) => rule,
    ),
  );
  const told = table(section(PAGE, '### Reading')).map(([rule]) => rule);
  expect([...told].sort()).toEqual([...new Set(used)].sort());
});

/** Verbs on the life of a few items, so that each takes place at least once. */
const LIFE: readonly (readonly [Verb, object])[] = [
  ['create', { fields: { title: 'One', acceptance: [{ text: 'works' }] } }],
  ['accept', { met: ['works'] }],
  ['assign', { owner: 'ada' }],
  ['claim', { execution_id: 'a' }],
  ['link_execution', { link: 'b' }],
  ['checkpoint', { checkpoint: {} }],
  ['block', { reason: 'x' }],
  ['start', { execution_id: 'b' }],
  ['submit', { result: {} }],
  ['reject', { reason: 'x', actor: 'bob' }],
  ['submit', { result: {} }],
  ['withdraw', {}],
  ['submit', { result: {} }],
  ['approve', { actor: 'bob' }],
  ['reopen', { reason: 'x' }],
  ['block', { reason: 'x' }],
  ['unblock', {}],
  ['claim', { execution_id: 'c' }],
  ['release', {}],
  ['claim', { execution_id: 'd' }],
  ['recover', { reason: 'x', observed: {} }],
  ['claim', { execution_id: 'e' }],
  ['fail', { error: 'x' }],
  ['retry', { reset: true }],
  ['claim', { execution_id: 'f' }],
  ['complete', { result: {} }],
  ['update', { patch: { labels: { add: ['l'] } } }],
  ['comment', { body: 'x' }],
  ['reopen', { reason: 'x' }],
  ['cancel', {}],
  ['delete', {}],
  ['import', { id: 'WRK-20260103-0009', item: { ...example(), dependencies: [] } }],
];

test('given the life of an item, when each verb is recorded, then those that the page names say an epoch', () => {
  const view = new FakeView({ max_attempts: 9 });
  const fenced = new Set<Verb>();
  const id = 'WRK-20260103-0001';
  for (const [verb, input] of LIFE) {
    const observed = verb === 'recover' ? { observed: observeHolder(view.get(id)) } : {};
    const decision = view.run(
      ask(verb, { id, ...input, ...observed } as unknown as VerbInput[Verb]) as Command,
    );
    if (decision.kind !== 'transition') throw new Error(`${verb} changed nothing`);
    if (decision.event.epoch !== undefined) fenced.add(verb);
  }
  expect(new Set(LIFE.map(([verb]) => verb))).toEqual(new Set(VERBS));
  expect([...fenced].sort()).toEqual(
    named(COMMIT, '- `Work-Epoch` and `Work-Execution` stand on the verbs').sort(),
  );
});

test('given the life of an item, when each verb changes it, then the page names every key that it sets or removes', () => {
  const view = new FakeView({ max_attempts: 9 });
  const id = 'WRK-20260103-0001';
  const rows = table(section(PAGE, '### What a verb writes'));
  for (const [verb, input] of LIFE) {
    const before = view.find(id);
    const observed = verb === 'recover' ? { observed: observeHolder(view.get(id)) } : {};
    view.run(ask(verb, { id, ...input, ...observed } as unknown as VerbInput[Verb]) as Command);
    const after = view.find(id);
    if (before === undefined || after === undefined || verb === 'delete' || verb === 'import') continue;
    const keys = Object.keys(FIELDS) as (keyof WorkItem)[];
    const changed = keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
    const told = rows.filter(([verbs = '']) => verbs.split(/, | /).includes(verb)).join(' ');
    const every = ['rev', 'last_op', 'updated_at', 'status'];
    expect(changed.filter((key) => !every.includes(key) && !told.split(/[^a-z_]+/).includes(key))).toEqual(
      [],
    );
  }
});

test('given no reason, when each verb is asked for, then those that the page names are refused', () => {
  const view = new FakeView({ max_attempts: 9 });
  const id = 'WRK-20260103-0001';
  const needing = new Set<Verb>();
  for (const [verb, input] of LIFE) {
    const observed = verb === 'recover' ? { observed: observeHolder(view.get(id)) } : {};
    const whole = { id, ...input, ...observed } as unknown as VerbInput[Verb];
    try {
      view.run(ask(verb, { ...whole, reason: ' ' }) as Command);
    } catch (error) {
      expect((error as LedgerError).message).toContain('needs a reason');
      needing.add(verb);
      view.run(ask(verb, whole) as Command);
    }
  }
  const [told = ''] = /^- `block`.*need a reason\./m.exec(TRANSITION) ?? [];
  expect([...needing].sort()).toEqual([...told.matchAll(/`(\w+)`/g)].map(([, verb]) => verb).sort());
});

/** An item with a value of the given size in the key that a row of the limits names. */
const SIZED: Readonly<Record<string, (size: number) => object>> = {
  title: (size) => ({ title: 'x'.repeat(size) }),
  owner: (size) => ({ owner: 'x'.repeat(size) }),
  labels: (size) => ({ labels: ['x'.repeat(size)] }),
  swarm_name: (size) => ({ swarm_name: 'x'.repeat(size) }),
  job_id: (size) => ({ job_id: 'x'.repeat(size) }),
  execution_id: (size) => ({ execution_id: 'x'.repeat(size) }),
  links: (size) => ({ links: [{ kind: 'related', target: 'x'.repeat(size) }] }),
  idempotency_key: (size) => ({ idempotency_key: 'x'.repeat(size) }),
  description: (size) => ({ description: 'x'.repeat(size) }),
  error: (size) => ({ error: 'x'.repeat(size) }),
  comments: (size) => ({ comments: [{ at: example().created_at, by: 'ada', body: 'x'.repeat(size) }] }),
  checkpoint: (size) => ({ checkpoint: padded({ at: example().created_at, attempt: 1, step: '' }, size) }),
  context: (size) => ({ context: padded({ step: '' }, size) }),
  result: (size) => ({ result: padded({ step: '' }, size) }),
};

const padded = <T extends { step: string }>(map: T, size: number): T => ({
  ...map,
  step: 'x'.repeat(size - JSON.stringify(map).length),
});

const LIMITS = table(section(PAGE, '## Limits')).map(([what = '', limit = '']): [string, number] => {
  const [, count = '', unit = ''] = /^(\d+) (.+)$/.exec(limit) ?? [];
  return [what, Number(count) * (unit === 'KiB' ? 1024 : 1)];
});

test.each(Object.keys(SIZED))(
  'given a limit of the page, when %s is as long or longer, then it is taken or refused',
  (key) => {
    const limit = new Map(LIMITS).get(key) ?? 0;
    const accepts = (size: number): boolean =>
      workItemSchema().safeParse({ ...example(), ...SIZED[key]?.(size) }).success;
    expect([accepts(limit), accepts(limit + 1)]).toEqual([true, false]);
  },
);

test('given the other limits of the page, when held against the code, then they are the same', () => {
  const limits = new Map(LIMITS);
  expect(limits.get('file')).toBe(MAX_FILE_BYTES);
  expect(limits.get('commit')).toBe(MAX_COMMIT_BYTES);
  expect(limits.get('reason')).toBe(REASON_LENGTH);
  const nest = (levels: number): unknown => (levels === 0 ? 1 : { a: nest(levels - 1) });
  const [, levels = 0] =
    LIMITS.find(([what]) => what.startsWith('levels of maps and lists in context')) ?? [];
  const accepts = (depth: number): boolean =>
    workItemSchema().safeParse({ ...example(), context: nest(depth) }).success;
  expect([accepts(levels), accepts(levels + 1)]).toEqual([true, false]);
  const [, fileLevels = 0] = LIMITS.find(([what]) => what === 'levels of maps and lists in a file') ?? [];
  const reads = (depth: number): boolean =>
    decodeItem(
      Buffer.from(`${block(ITEM)}later: ${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}\n`),
      example().id,
      'active',
    ).kind === 'item';
  expect([reads(fileLevels), reads(fileLevels + 1)]).toEqual([true, false]);
});

test('given codes that a rejected transition may name, when the example is read, then it names one', () => {
  const [, code = ''] = /^Work-Rejected: (\w+)$/m.exec(block(section(PAGE, '## Rejected'))) ?? [];
  expect(Object.keys(ERROR_CODES) as ErrorCode[]).toContain(code);
});

test('given the table of what callers saw, when held against the verbs, then each goes by what the page says, and the others by nothing', () => {
  const words = (cell: string): string[] => cell.split(/[:,]/).map((part) => part.replaceAll('`', '').trim());
  const names = (cell: string): string[] =>
    words(cell)
      .filter((word) => /^[\w.]+$/.test(word))
      .sort();
  const rows = table(section(PAGE, '### What a caller saw')).filter(([verbs = '']) => verbs !== 'configure');
  const told = new Map(
    rows.flatMap(([verbs = '', sees = '', overwrites = '']) =>
      names(verbs).map((verb) => [verb, { sees: names(sees), overwrites: names(overwrites) }]),
    ),
  );
  const item = example();
  for (const verb of VERBS) {
    const facts = verbOf(verb);
    const overwritten = facts.overwrites(item, { patch: { context: {} } } as never);
    const expected = told.get(verb) ?? { sees: [], overwrites: [] };
    expect([verb, Object.keys(facts.sees(item)).sort()]).toEqual([verb, expected.sees]);
    expect([verb, Object.keys(overwritten).sort()]).toEqual([verb, expected.overwrites]);
  }
});
