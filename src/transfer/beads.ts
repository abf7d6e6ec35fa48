import { WORK_TYPES, type WorkItem, type WorkPriority, type WorkType } from '../domain/item.ts';
import { normalizeText } from '../domain/text.ts';
import type { Draft, SourceEdge } from './draft.ts';
import { byteLength, cleanJson, cutText, isMap, toActor, toTime } from './foreign.ts';
import { type ImportSources, readRecord, type SourceFormat, withoutMark } from './import.ts';
import { quoteSource, type SourceRecord } from './record.ts';

/** A Beads export (`issues.jsonl`): one issue a line. Tombstones are counted and left out. */
export const beads: SourceFormat<ImportSources['file']> = {
  keepsIds: false,
  isTombstone: ({ value }) => value.status === 'tombstone',
  records: ({ text }, notes) => {
    const lines = withoutMark(text)
      .split('\n')
      .map((source, index) => ({ source, line: index + 1 }))
      .filter(({ source }) => source.trim() !== '');
    const raw = lines.flatMap(({ source, line }) => readRecord(source, { line }, notes) ?? []);
    return { raw, count: lines.length };
  },
  read: (record, { source_id }, { now }) => ({
    fields: readBeadsFields(record, now),
    edges: readBeadsEdges(record, source_id),
  }),
};

const PRIORITIES: readonly WorkPriority[] = ['critical', 'high', 'medium', 'low', 'low'];
const TYPES: Readonly<Record<string, WorkType>> = { chore: 'task', epic: 'feature', docs: 'documentation' };

/** Reads every field of a Beads issue that an item has a field for; what is left is the caller's to keep. */
function readBeadsFields(record: SourceRecord, now: string): Draft['fields'] {
  const created_at = readCreated(record, now);
  const updated_at = record.time('updated_at') ?? created_at;
  return {
    title: record.title(),
    type: readType(record),
    priority: readPriority(record),
    labels: record.labels(),
    description: record.longText('description') ?? '',
    acceptance: readAcceptance(record),
    created_at,
    created_by: record.actor('created_by') ?? 'unknown',
    updated_at,
    not_before: record.time('defer_until'),
    due_at: record.time('due_at'),
    comments: readComments(record, created_at),
    ...readState(record, updated_at),
  };
}

function readCreated(record: SourceRecord, now: string): string {
  const created_at = record.time('created_at');
  if (created_at !== undefined) return created_at;
  const other = ['updated_at', 'closed_at']
    .map((key) => toTime(record.text(key) ?? ''))
    .find((at) => at !== undefined);
  record.note('time', `it does not say when it was created; ${other ?? now} was taken`);
  return other ?? now;
}

function readType(record: SourceRecord): WorkType {
  const type = record.text('issue_type');
  if (type === undefined) return 'task';
  const same = WORK_TYPES.find((known) => known === type);
  if (same !== undefined) return same;
  const mapped = (Object.hasOwn(TYPES, type) ? TYPES[type] : undefined) ?? 'task';
  record.keepNoted('issue_type', 'type', `type ${quoteSource(type)} became ${mapped}`);
  return mapped;
}

function readPriority(record: SourceRecord): WorkPriority {
  const priority = record.value('priority');
  if (priority === undefined) return 'medium';
  const level = /^P?([0-4])$/i.exec(String(priority))?.[1];
  const mapped = (level === undefined ? undefined : PRIORITIES[Number(level)]) ?? 'medium';
  // Only these are told apart in the ledger as they were in Beads: 4 shares its place with 3.
  if (priority !== 0 && priority !== 1 && priority !== 2 && priority !== 3) {
    record.keepNoted('priority', 'priority', `priority ${quoteSource(String(priority))} became ${mapped}`);
  }
  return mapped;
}

type State = Pick<WorkItem, 'status' | 'owner' | 'started_at' | 'completed_at' | 'block' | 'result'>;

function readState(record: SourceRecord, updated_at: string): State {
  const status = record.text('status') ?? 'open';
  const owner = record.actor('assignee');
  const started_at = record.time('started_at');
  const base = { owner, started_at };
  const noted = (message: string): void => record.keepNoted('status', 'status', message);
  switch (status) {
    case 'open':
      return { status: 'pending', ...base };
    case 'in_progress':
    case 'hooked':
      if (owner === undefined) {
        noted(`it is ${status} but assigned to nobody; it became pending`);
        return { status: 'pending', ...base };
      }
      if (status === 'hooked') noted('hooked became in_progress');
      return { status: 'in_progress', owner, started_at: started_at ?? updated_at };
    case 'blocked':
    case 'pinned':
      if (status === 'pinned') noted('pinned, which is never ready, became blocked');
      return {
        status: 'blocked',
        ...base,
        block: { reason: `imported as ${status}`, since: updated_at, from: 'pending' },
      };
    case 'closed':
      return { status: 'completed', ...base, ...readClosing(record, updated_at) };
    case 'deferred':
      noted('deferred became pending');
      return { status: 'pending', ...base };
    default:
      noted(`status ${quoteSource(status)} became pending`);
      return { status: 'pending', ...base };
  }
}

function readClosing(record: SourceRecord, updated_at: string): Pick<State, 'completed_at' | 'result'> {
  const completed_at = record.time('closed_at');
  if (completed_at === undefined)
    record.note('time', 'it does not say when it was closed; its last update was taken');
  const close_reason = record.longText('close_reason');
  return {
    completed_at: completed_at ?? updated_at,
    result: close_reason === undefined ? undefined : { close_reason },
  };
}

type Criterion = { text: string; done: boolean };

const MARKER = /^\s*(?:[-*+•]|\d{1,3}[.)])(?:\s+|$)/;
const BOX = /^\s*\[([ xX])\](?:\s+|$)/;
const CRITERIA_BYTES = 128 * 1024;

/**
 * Acceptance criteria out of a text, one for each line that says something, without list markers; `[x]` marks one as done.
 * The text itself is kept where lines alone would lose something: where it is indented, or longer than criteria may be.
 */
function readAcceptance(record: SourceRecord): Criterion[] {
  const raw = record.text('acceptance_criteria');
  if (raw === undefined) return [];
  const text = normalizeText(raw);
  if (/^[ \t]+\S/m.test(text)) record.keep('acceptance_criteria');
  if (byteLength(text) > CRITERIA_BYTES) {
    record.keepNoted(
      'acceptance_criteria',
      'text_cut',
      'acceptance_criteria is longer than 128 KiB; its beginning was taken',
    );
  }
  return cutText(text, CRITERIA_BYTES).split('\n').flatMap(toCriterion);
}

function toCriterion(line: string): Criterion[] {
  const item = line.replace(MARKER, '');
  const box = BOX.exec(item);
  const text = item.slice(box?.[0].length ?? 0).trim();
  return text === '' ? [] : [{ text, done: box?.[1]?.toLowerCase() === 'x' }];
}

const COMMENT_BYTES = 64 * 1024;

/** Comments with a text; what else a comment had is kept in the same order. */
function readComments(record: SourceRecord, created_at: string): WorkItem['comments'] {
  const entries = record.list('comments');
  const comments: WorkItem['comments'] = [];
  let exact = true;
  for (const entry of entries) {
    const body = isMap(entry) && typeof entry.text === 'string' ? normalizeText(entry.text) : '';
    if (!isMap(entry) || body === '') {
      record.note('comment', 'a comment without a text was not taken over');
      exact = false;
      continue;
    }
    const by = typeof entry.author === 'string' ? toActor(entry.author) : undefined;
    const at = typeof entry.created_at === 'string' ? toTime(entry.created_at) : undefined;
    if (by !== entry.author || at === undefined || byteLength(body) > COMMENT_BYTES) {
      record.note('comment', 'the author, time or length of a comment could not be taken over as it was');
      exact = false;
    }
    comments.push({ at: at ?? created_at, by: by ?? 'unknown', body: cutText(body, COMMENT_BYTES) });
  }
  if (!exact) record.keep('comments');
  else keepCommentIds(record, entries);
  return comments;
}

function keepCommentIds(record: SourceRecord, entries: readonly unknown[]): void {
  const known = new Set(['issue_id', 'author', 'text', 'created_at']);
  const rest = entries
    .filter(isMap)
    .map((entry) => Object.fromEntries(Object.entries(entry).filter(([key]) => !known.has(key))));
  if (rest.some((entry) => Object.keys(entry).length > 0)) record.kept.comments = cleanJson(rest);
}

/**
 * Beads' kinds of dependency. `supersedes` stands there on the item that was replaced (`bd supersede OLD --with NEW` writes
 * OLD → NEW), in the ledger on the one that replaces it.
 */
const KINDS: Readonly<Record<string, Omit<SourceEdge, 'target'>>> = {
  blocks: { kind: 'dependency' },
  'parent-child': { kind: 'parent' },
  'discovered-from': { kind: 'discovered_from', to_item: true },
  related: { kind: 'related', to_item: true },
  'relates-to': { kind: 'related', to_item: true },
  'replies-to': { kind: 'related', to_item: true },
  duplicates: { kind: 'duplicates', to_item: true },
  supersedes: { kind: 'supersedes', reversed: true, to_item: true },
};

/** Reads what an issue depends on, and keeps the records themselves, which also say since when and through whom. */
function readBeadsEdges(record: SourceRecord, source_id: string): SourceEdge[] {
  const edges: SourceEdge[] = [];
  for (const entry of record.list('dependencies')) {
    const edge = readEdge(entry, record, source_id);
    if (edge !== undefined) edges.push(edge);
  }
  record.keep('dependencies');
  return edges;
}

function readEdge(entry: unknown, record: SourceRecord, source_id: string): SourceEdge | undefined {
  if (!isMap(entry) || typeof entry.depends_on_id !== 'string' || entry.depends_on_id === '') {
    record.note('reference_malformed', 'a dependency names no issue');
    return undefined;
  }
  const { issue_id, depends_on_id: target, type = 'blocks' } = entry;
  if (issue_id !== undefined && issue_id !== source_id) {
    record.note(
      'reference_malformed',
      `a dependency belongs to another issue: ${quoteSource(String(issue_id))}`,
    );
    return undefined;
  }
  const known = typeof type === 'string' && Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (known !== undefined) return { ...known, target };
  record.note('reference_kind', `${quoteSource(String(type))} ${quoteSource(target)} became a related link`);
  return { kind: 'related', to_item: true, target };
}
