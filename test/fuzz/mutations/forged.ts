import { encodeItem, guessItem } from '../../../src/codec/item.ts';
import { encodeMessage } from '../../../src/codec/message.ts';
import { itemPath } from '../../../src/codec/path.ts';
import type { TransitionEvent } from '../../../src/domain/commands.ts';
import type { WorkItem, WorkStatus } from '../../../src/domain/item.ts';
import { type Draft, latin } from '../draft.ts';
import { anyOf, type Bent, type Mutation } from './bent.ts';

/** What each verb makes of an item, whoever asks, and whatever it was before. */
const EFFECTS: Readonly<
  Record<string, (item: WorkItem, actor: string, at: string) => Record<string, unknown>>
> = {
  assign: (_item, actor) => ({ owner: actor }),
  claim: ({ claim, attempts, started_at }, actor, at) => ({
    status: 'in_progress',
    owner: actor,
    execution_id: 'exec-8',
    started_at: started_at ?? at,
    claim: {
      epoch: (claim?.epoch ?? 0) + 1,
      execution_id: 'exec-8',
      claimed_at: at,
      ttl_s: 3600,
      clone: 'abcd',
    },
    attempts: attempts + 1,
    not_before: undefined,
    block: undefined,
  }),
  release: () => ({ status: 'pending', owner: undefined, execution_id: undefined, block: undefined }),
  checkpoint: ({ attempts }, _actor, at) => ({ checkpoint: { at, attempt: attempts, step: 'x' } }),
  link_execution: ({ claim }) => ({
    execution_id: 'exec-8',
    claim: claim && { ...claim, execution_id: 'exec-8' },
  }),
  block: ({ status }, _actor, at) => ({
    status: 'blocked',
    block: { reason: 'x', since: at, from: status === 'in_progress' ? status : 'pending' },
  }),
  unblock: ({ block }) => ({ status: block?.from ?? 'pending', block: undefined }),
  submit: (_item, actor, at) => ({
    status: 'in_review',
    result: { ok: true },
    review: { requested_at: at, requested_by: actor },
  }),
  approve: ({ review }, actor, at) => ({
    status: 'completed',
    completed_at: at,
    review: review && { ...review, verdict: 'approved', by: actor, at },
  }),
  reject: ({ review }, actor, at) => ({
    status: 'in_progress',
    result: undefined,
    review: review && { ...review, verdict: 'rejected', by: actor, at, note: 'x' },
  }),
  withdraw: () => ({ status: 'in_progress', result: undefined, review: undefined }),
  complete: (_item, _actor, at) => ({ status: 'completed', completed_at: at, result: { ok: true } }),
  fail: (_item, _actor, at) => ({ status: 'failed', completed_at: at, error: 'x' }),
  retry: () => ({
    status: 'pending',
    owner: undefined,
    execution_id: undefined,
    block: undefined,
    completed_at: undefined,
    error: undefined,
  }),
  cancel: (_item, _actor, at) => ({ status: 'cancelled', completed_at: at, block: undefined }),
  reopen: () => ({
    status: 'pending',
    owner: undefined,
    execution_id: undefined,
    block: undefined,
    completed_at: undefined,
    result: undefined,
    error: undefined,
    review: undefined,
  }),
  comment: ({ comments }, actor, at) => ({ comments: [...comments, { at, by: actor, body: 'x' }] }),
};
const FENCED = [
  'claim',
  'release',
  'checkpoint',
  'link_execution',
  'block',
  'submit',
  'withdraw',
  'complete',
  'fail',
];
const REASONED = ['block', 'reject', 'reopen'];
const AT = Date.parse('2026-01-03T11:20:00.000Z');

/** The items as the case leaves them, with their files. */
function itemsOf({ corpus, at, drafts }: Bent): Map<string, WorkItem> {
  const files = new Map<string, string>();
  for (const { path, text } of [...corpus.drafts.slice(0, at + 1), ...drafts].flatMap(
    (draft) => draft.files,
  )) {
    if (text === undefined) files.delete(path);
    else files.set(path, text);
  }
  return new Map(
    [...files].flatMap(([path, text]) => {
      const item = /\/WRK-/.test(path) ? guessItem(Buffer.from(text, 'latin1')) : undefined;
      return item === undefined ? [] : [[path, item] as const];
    }),
  );
}

const isHeld = ({ owner, status, block }: WorkItem): boolean =>
  owner !== undefined &&
  (status === 'in_progress' ||
    status === 'in_review' ||
    (status === 'blocked' && block?.from === 'in_progress'));

/** A command that is written as a program would, by somebody who does not ask whether it is allowed. */
const forge: Mutation = (bent, chance) => {
  const items = itemsOf(bent);
  const effect = anyOf(chance, Object.entries(EFFECTS));
  const place = items.size === 0 ? undefined : anyOf(chance, [...items]);
  const actors = [place?.[1].owner ?? 'ada', place?.[1].created_by ?? 'ada', 'ada', 'bob', 'cy', 'mallory'];
  const actor = anyOf(chance, actors);
  const { length } = bent.drafts;
  if (place === undefined || length > 8) return;
  const [[path, before], [verb, change]] = [place, effect];
  const time = AT + length * 60_000;
  const at = new Date(time).toISOString();
  const past = bent.corpus.drafts
    .slice(0, bent.at + 1)
    .flatMap(({ message }) => /^Work-Op: (.*)$/m.exec(message)?.[1] ?? []);
  const fresh = `019b8${(0x400 + length).toString(16)}-0000-7a52-9d0c-0f7e4f8e${chance.below(0xffff).toString(16).padStart(4, '0')}`;
  const op = chance.happens(0.15) ? anyOf(chance, past) : fresh;
  const after = {
    ...before,
    ...change(before, actor, at),
    rev: before.rev + 1,
    last_op: op,
    updated_at: at,
  } as WorkItem;
  const holder = FENCED.includes(verb) ? [after, before].find(isHeld)?.claim : undefined;
  const event = {
    verb,
    id: before.id,
    title: before.title,
    from: before.status as WorkStatus,
    to: after.status,
    rev: after.rev,
    actor,
    op,
    at,
    epoch: holder?.epoch,
    execution_id: holder?.execution_id,
    reason: REASONED.includes(verb) ? 'x' : undefined,
  } as TransitionEvent;
  const now = itemPath(after.id, after.status);
  const files: Draft['files'] = [{ path: now, mode: '100644', text: encodeItem(after).toString('latin1') }];
  if (now !== path) files.unshift({ path, mode: '100644', text: undefined });
  const who = `<${actor}@example.org> ${time / 1000} +0000`;
  bent.drafts.push({
    parents: [length - 1],
    files,
    bends: [],
    headers: [`author ${latin(actor)} ${who}`, `committer ${latin(actor)} ${who}`],
    message: latin(encodeMessage(event)),
    signer: bent.corpus.name === 'signed' ? actor : undefined,
    twists: [],
  });
};

/** Commits that are made as a program makes them, without a look at the rules. */
export const FORGED: Readonly<Record<string, Mutation>> = {
  'a command': forge,
  'two commands': (bent, chance) => {
    forge(bent, chance);
    forge(bent, chance);
  },
  'a command in the middle': (bent, chance) => {
    const later = bent.drafts.splice(1 + chance.below(bent.drafts.length));
    forge(bent, chance);
    for (const draft of later) bent.drafts.push({ ...draft, parents: [bent.drafts.length - 1] });
  },
};
