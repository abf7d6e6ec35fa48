import { encodeItem, guessItem } from '../../../src/codec/item.ts';
import { decodeMessage, encodeMessage } from '../../../src/codec/message.ts';
import { itemPath } from '../../../src/codec/path.ts';
import type { TransitionEvent } from '../../../src/domain/commands.ts';
import { WORK_STATUSES, WORK_TYPES, type WorkItem } from '../../../src/domain/item.ts';
import { contentDigest } from '../../../src/domain/item-schema.ts';
import { VERBS } from '../../../src/domain/verbs.ts';
import type { Chance } from '../../simulation/chance.ts';
import { type Draft, latin, unlatin } from '../draft.ts';
import { anyDraft, anyOf, type Mutation } from './bent.ts';

type Told = { item: Record<string, unknown> & WorkItem; event: TransitionEvent };

/**
 * Tells something else, in files, message and headers alike: no file is damaged and no trailer disagrees, so that only who decides the
 * command again can find it.
 */
const lie =
  (tell: (told: Told, chance: Chance) => void): Mutation =>
  (bent, chance) => {
    const draft = anyDraft(bent, chance);
    const file = draft.files.find(
      ({ text, path }) => text !== undefined && /^(?:active|completed|failed|cancelled)\//.test(path),
    );
    const item = file?.text && guessItem(Buffer.from(file.text, 'latin1'));
    const decoded = decodeMessage(unlatin(draft.message));
    if (!item || file === undefined || decoded.kind !== 'event') return;
    const told = { item: structuredClone(item), event: { ...decoded.event } } as Told;
    const stayed = told.event.from === told.event.to;
    tell(told, chance);
    try {
      file.text = encodeItem(told.item).toString('latin1');
      file.path = itemPath(told.item.id, told.item.status);
    } catch {
      return;
    }
    const { id, title, status, rev, last_op } = told.item;
    const to = status === item.status ? told.event.to : status;
    const from = stayed && status !== item.status ? decoded.event.from : told.event.from;
    const keyed = told.event.keyed && {
      key: told.item.idempotency_key ?? '',
      digest: contentDigest(told.item),
    };
    writeEvent(draft, { ...told.event, id, title, from, to, rev, op: last_op, keyed });
  };

function writeEvent(draft: Draft, event: TransitionEvent): void {
  draft.message = latin(encodeMessage(event));
  const at = Math.floor(Date.parse(event.at) / 1000);
  draft.headers = draft.headers.map((line) =>
    line.startsWith('author ')
      ? line.replace(/ .*? </, () => ` ${latin(event.actor)} <`).replace(/> -?\d+/, `> ${at}`)
      : line,
  );
}

const ACTORS = [
  'ada',
  'bob',
  'cy',
  'mallory',
  'lea',
  'pull-request',
  'Ada',
  'ada\u200b',
  'ad\u0430',
  'ada ',
  'e\u0301ve',
  '\u3164',
];
const IDS = [
  'WRK-20260103-0001',
  'WRK-20260103-0002',
  'WRK-20260103-0003',
  'WRK-20260103-0004',
  'WRK-20260103-0099',
  'WRK-20260104-0001',
  'WRK-20260103-k3m9x2ab',
  'ABC-20260103-0001',
  'WRK-20269999-0001',
];
const TIMES = [
  '2026-01-03T09:00:00.000Z',
  '2026-01-03T10:30:00.000Z',
  '2026-01-04T10:00:00.000Z',
  '2027-01-01T00:00:00.000Z',
  '1970-01-01T00:00:00.000Z',
  '9999-12-31T23:59:59.999Z',
];
const OP = '019b81f3-6c1e-7a52-9d0c-0f7e4f8e2b11';
const shift = (value: number | undefined, chance: Chance): number =>
  (value ?? 0) + anyOf(chance, [-1, 1, 2, 100]);

/** What is told wrongly, and consistently. */
export const LIES: Readonly<Record<string, Mutation>> = {
  'nothing else': lie(() => undefined),
  'another actor': lie(({ event }, chance) => {
    event.actor = anyOf(chance, ACTORS);
  }),
  'another verb': lie(({ event }, chance) => {
    event.verb = anyOf(chance, VERBS);
  }),
  'another time': lie(({ item, event }, chance) => {
    event.at = anyOf(chance, TIMES);
    if (event.verb !== 'import') item.updated_at = event.at;
  }),
  'another op': (bent, chance) => {
    const past = bent.corpus.drafts.flatMap(({ message }) => /^Work-Op: (.*)$/m.exec(message)?.[1] ?? []);
    const op = anyOf(chance, [OP, ...past]);
    lie(({ item }) => {
      item.last_op = op as WorkItem['last_op'];
    })(bent, chance);
  },
  'another revision': lie(({ item }, chance) => {
    item.rev = Math.max(1, shift(item.rev, chance));
  }),
  'another id': lie(({ item }, chance) => {
    item.id = anyOf(chance, IDS) as WorkItem['id'];
  }),
  'another status': lie(({ item }, chance) => {
    item.status = anyOf(chance, WORK_STATUSES);
  }),
  'another owner': lie(({ item }, chance) => {
    item.owner = anyOf(chance, [...ACTORS, undefined]);
  }),
  'another claim': lie(({ item, event }, chance) => {
    const claim = {
      epoch: 1,
      execution_id: 'exec-9',
      claimed_at: item.updated_at,
      ttl_s: 3600,
      clone: 'abcd',
      ...item.claim,
    };
    const key = anyOf(chance, ['epoch', 'ttl_s', 'execution_id', 'claimed_at', 'clone'] as const);
    const value =
      key === 'epoch' || key === 'ttl_s'
        ? Math.max(1, shift(claim[key], chance))
        : key === 'claimed_at'
          ? anyOf(chance, TIMES)
          : 'exec9';
    item.claim = { ...claim, [key]: value } as WorkItem['claim'];
    if (event.epoch !== undefined) event.epoch = item.claim?.epoch;
    if (key === 'execution_id') item.execution_id = item.claim?.execution_id;
    if (event.execution_id !== undefined) event.execution_id = item.claim?.execution_id;
  }),
  'no claim': lie(({ item, event }) => {
    item.claim = undefined;
    event.epoch = undefined;
    event.execution_id = undefined;
  }),
  'other attempts': lie(({ item }, chance) => {
    item.attempts = Math.max(0, shift(item.attempts, chance));
  }),
  'another creator': lie(({ item }, chance) => {
    item.created_by = anyOf(chance, ACTORS);
  }),
  'other times': lie(({ item }, chance) => {
    const key = anyOf(chance, ['created_at', 'started_at', 'completed_at', 'not_before', 'due_at'] as const);
    Object.assign(item, { [key]: anyOf(chance, [...TIMES, ...(key === 'created_at' ? [] : [undefined])]) });
  }),
  'another type': lie(({ item }, chance) => {
    item.type = anyOf(chance, WORK_TYPES);
  }),
  'another title': lie(({ item }, chance) => {
    item.title = anyOf(chance, [
      'x',
      'Work-Item: WRK-20260103-0001',
      'work-item: x',
      '--- x',
      'a >8 b',
      'x\u200by',
      'Signed-off-by: x',
      '# x',
      'Work-Verb : x',
      'x: y',
      '\u{1f600}',
      'diff --git a b',
    ]);
  }),
  'other labels': lie(({ item }, chance) => {
    item.labels = anyOf(chance, [
      ['b', 'a'],
      ['a', 'a'],
      ['x\u200b'],
      [],
      ['e\u0301'],
      ['z'.repeat(100)],
      Array.from({ length: 300 }, (_, n) => `l${n}`),
    ]);
  }),
  'other references': lie(({ item }, chance) => {
    const id = anyOf(chance, [...IDS, item.id]) as WorkItem['id'];
    const key = anyOf(chance, ['dependencies', 'parent_id', 'block', 'links'] as const);
    const value = {
      dependencies: [id],
      parent_id: id,
      block: { reason: 'x', blocker_id: id, since: item.updated_at, from: 'pending' },
      links: [{ kind: 'related', target: id }],
    }[key];
    Object.assign(item, { [key]: value });
  }),
  'another review': lie(({ item }, chance) => {
    const at = item.updated_at;
    const review = { requested_at: at, requested_by: 'cy', ...item.review };
    item.review = anyOf(chance, [
      { ...review, verdict: 'approved' as const, by: 'mallory', at },
      { ...review, approvals: [{ by: 'mallory', at }] },
      { ...review, requested_by: 'mallory' },
      undefined,
    ]) as WorkItem['review'];
  }),
  'another result': lie(({ item }, chance) => {
    Object.assign(
      item,
      anyOf(chance, [
        { result: { evil: true } },
        { result: undefined },
        { error: 'x' },
        { error: undefined },
        { checkpoint: { at: item.updated_at, attempt: 1, step: 'x' } },
        { checkpoint: undefined },
      ]),
    );
  }),
  'other comments': lie(({ item }, chance) => {
    item.comments = anyOf(chance, [
      [],
      [{ at: item.updated_at, by: 'mallory', body: 'x' }],
      item.comments.slice(1),
      [...item.comments, ...item.comments],
    ]);
  }),
  'another context': lie(({ item }, chance) => {
    item.context = anyOf(chance, [
      {},
      { imported: { from: 'beads', id: 'x' } },
      { answers: { x: { answer: 'y' } } },
      { 10: 1, 2: 2 },
      { a: { b: null } },
      { text: 'x\ry' },
    ]) as WorkItem['context'];
  }),
  'another key': lie(({ item, event }, chance) => {
    item.idempotency_key = anyOf(chance, [
      'sign in',
      'other',
      undefined,
      'wl:x',
      'exhausted:WRK-20260103-0001:1',
    ]);
    if (item.idempotency_key === undefined) event.keyed = undefined;
    else event.keyed = { key: item.idempotency_key, digest: '' };
  }),
  'a key of the future': lie(({ item }, chance) => {
    Object.assign(
      item,
      anyOf(chance, [
        { usage: [] },
        { usage: [{ by: 'ada', day: '2026-01-03', cost_microusd: 1 }] },
        { worked_as: { types: ['bug'] } },
        { claimable: false },
        { budget: { tokens: 1 } },
        { zz: 1 },
      ]),
    );
  }),
  'another reason': lie(({ event }, chance) => {
    event.reason = anyOf(chance, [
      'x',
      undefined,
      'x'.repeat(1_000),
      'Work-Actor: x',
      'a\u200bb',
      'a  b',
      '  ',
      'a\u2028b',
    ]);
  }),
  'another expectation': lie(({ item, event }, chance) => {
    event.if_rev = anyOf(chance, [item.rev, item.rev - 1, 1, 99]);
  }),
  'another group': lie(({ item, event }, chance) => {
    const id = event.group?.id ?? item.last_op;
    event.group = anyOf(chance, [
      undefined,
      { id, index: 1, size: 2 },
      { id, index: 2, size: 2 },
      { id, index: 1, size: 3 },
      { id: OP, index: 1, size: 2 },
      { id, index: 2, size: 3 },
      { id, index: 3, size: 3 },
    ]);
  }),
};
