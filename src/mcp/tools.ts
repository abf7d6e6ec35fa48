import {
  isLedgerError,
  quoted,
  type SubmitOptions,
  WORK_PRIORITIES,
  WORK_STATUSES,
  WORK_TYPES,
  type WorkFilter,
  type WorkItem,
  type WorkLedger,
} from '../index.ts';
import { askRemote, resolveIds, resolveOne } from '../operations/ids.ts';
import { attempt, whereIf } from '../operations/writes.ts';
import { type Answer, fieldsOfRow, rowOf } from './answer.ts';
import { ask } from './ask.ts';
import type { Connection } from './connection.ts';
import { doneOf, ID, type Tool, tool, written } from './tool.ts';

/** How many rows a list has where nobody says. */
const ROWS = 5;
const FOUND = 20;
const MOST_ROWS = 100;

const next = tool({
  name: 'next',
  about: 'What you hold, then what is ready, most urgent first. With claim: takes the first.',
  parameters: {
    claim: { kind: 'flag' },
    type: { kind: WORK_TYPES },
    label: { kind: 'text' },
    swarm: { kind: 'text' },
    limit: { kind: 'count' },
  },
  run: async ({ claim, type, label, swarm, limit = ROWS }, connection, signal) => {
    const { ledger, conversation } = await connection.opened();
    const filter: WorkFilter = {
      ...(type && { type: [type] }),
      ...(label && { labels: [label] }),
      ...(swarm && { swarm_name: swarm }),
    };
    await refresh(connection);
    if (claim) {
      const won = await conversation.claimNext(filter, { signal });
      return won === undefined ? nothing() : claimed(won.item, won.where, connection);
    }
    const held = await conversation.held();
    const asked = { ...filter, actor: ledger.actor };
    const ready = await ledger.query.ready({ ...asked, limit: Math.min(limit, MOST_ROWS) });
    const total = await ledger.query.countReady(asked);
    if (held.length + ready.length === 0) return nothing();
    const lines = [
      ...(held.length > 0 ? ['you hold:', ...held.map(heldRow)] : []),
      ready.length > 0 ? 'ready:' : 'nothing is ready',
      ...ready.map(rowOf),
      ...(total > ready.length ? [`${total - ready.length} more`] : []),
    ];
    return rows(lines, [...held, ...ready]);
  },
});

/** With what the last checkpoint says, for who lost its conversation. */
function heldRow(item: WorkItem): string {
  const { step, next_action } = item.checkpoint ?? {};
  const at = next_action ?? step;
  return at === undefined ? rowOf(item) : `${rowOf(item)} next: ${quoted(at)}`;
}

const nothing = (): Answer => ({
  text: 'nothing is ready; search without words lists what is open',
  kind: 'items',
  data: [],
});

const rows = (lines: readonly string[], items: readonly WorkItem[]): Answer => ({
  text: lines.join('\n'),
  kind: 'items',
  data: items.map(fieldsOfRow),
});

/** Looks after what others left, and for what is new; where the remote does not answer, the answer is of what is known here. */
async function refresh(connection: Connection): Promise<void> {
  const { ledger, conversation } = await connection.opened();
  const isKnown = ledger.clone.mode !== 'push' || (await askRemote(ledger));
  if (!isKnown) return connection.note('the remote does not answer: this is what is known here');
  try {
    await conversation.recoverOthers();
  } catch (error) {
    // It was nothing that was asked for: the next one who looks does it.
    if (!isLedgerError(error)) throw error;
  }
}

const claim = tool({
  name: 'claim',
  about: 'Takes an item and gives all that is known of it: what is wanted, the last checkpoint, answers.',
  parameters: { id: { kind: 'text', needed: true } },
  run: async ({ id: typed }, connection, signal) => {
    const { ledger, conversation } = await connection.opened();
    const id = await resolveOne(ledger, typed, 'claim');
    const made = await attempt(ledger, () => conversation.claim(id, { signal }));
    const { item, where } = doneOf(connection, made);
    return claimed(item, where, connection);
  },
});

async function claimed(item: WorkItem, where: 'remote' | 'local', connection: Connection): Promise<Answer> {
  const { ledger } = await connection.opened();
  const resumption = await ledger.query.resume(item.id);
  const { attempt: count, max_attempts, held, earlier } = resumption;
  return {
    text: connection.texts.resume(resumption),
    kind: 'resumption',
    data: { item: toGoOn(resumption.item), attempt: count, max_attempts, held, earlier },
    where: whereIf(ledger, where),
  };
}

/** Of an item what whoever goes on with it needs. */
const toGoOn = (item: WorkItem): Record<string, unknown> =>
  Object.fromEntries(Object.entries(item).filter(([key]) => !OWN_TO_THE_LEDGER.has(key)));
const OWN_TO_THE_LEDGER: ReadonlySet<string> = new Set([
  ...['schema', 'rev', 'last_op', 'execution_id', 'created_at', 'updated_at', 'started_at'],
]);

const checkpoint = tool({
  name: 'checkpoint',
  about: 'Records where work stands, for whoever goes on, and renews the claim. After each step.',
  parameters: {
    id: ID,
    step: { kind: 'text' },
    summary: { kind: 'text' },
    next: { kind: 'text' },
    work_ref: { kind: 'text', about: 'branch or commit' },
    artifacts: { kind: 'texts' },
    effects: { kind: 'texts', about: 'done outside, not to be done twice' },
    data: { kind: 'map' },
  },
  run: async ({ id: typed, next: next_action, ...said }, connection, signal) => {
    const { ledger, conversation } = await connection.opened();
    const id = await connection.item(typed, 'checkpoint');
    const given = Object.entries({ ...said, next_action }).filter(([, value]) => value !== undefined);
    const made = await attempt(ledger, () =>
      conversation.write(id, (proof) =>
        ledger.work.checkpoint(id, Object.fromEntries(given), { ...proof, signal }),
      ),
    );
    const done = doneOf(connection, made);
    conversation.step(done.item, said.step ?? next_action ?? said.summary ?? '');
    return written(ledger, `recorded a checkpoint of ${id}`, done);
  },
});

const finish = tool({
  name: 'finish',
  about: 'Ends work on an item. released: gives it back.',
  parameters: {
    id: ID,
    outcome: { kind: ['completed', 'failed', 'released'], needed: true },
    result: { kind: 'map', about: 'what came of it' },
    reason: { kind: 'text', about: 'why failed or released' },
    retry: { kind: 'flag', about: 'failed: try again later' },
  },
  run: async ({ id: typed, outcome, result, reason, retry }, connection, signal) => {
    const { ledger, conversation } = await connection.opened();
    const verb = VERB_OF[outcome];
    const id = await connection.item(typed, verb);
    const end = (proof: { execution_id: string }) => {
      const call = { ...proof, signal };
      switch (outcome) {
        case 'completed':
          return completeOrSubmit(ledger, id, { ...call, result: result as never });
        case 'failed':
          return ledger.work.fail(id, { ...call, error: reason ?? 'no reason was given', retry });
        case 'released':
          return ledger.work.release(id, { ...call, reason });
        default:
          return outcome satisfies never;
      }
    };
    const made = await attempt(ledger, () => conversation.write(id, end));
    const done = doneOf(connection, made);
    return written(ledger, `${id} is ${done.item.status}`, done);
  },
});

const VERB_OF = { completed: 'complete', failed: 'fail', released: 'release' } as const;

/** Where the ledger's policy wants a review, it is proposed for one. */
async function completeOrSubmit(ledger: WorkLedger, id: string, call: SubmitOptions) {
  try {
    return await ledger.work.complete(id, call);
  } catch (error) {
    if (!isLedgerError(error, 'REVIEW_REQUIRED')) throw error;
    return ledger.work.submit(id, call);
  }
}

const create = tool({
  name: 'create',
  about: 'Makes an item.',
  parameters: {
    title: { kind: 'text', needed: true },
    description: { kind: 'text' },
    type: { kind: WORK_TYPES },
    priority: { kind: WORK_PRIORITIES },
    parent: { kind: 'text' },
    depends_on: { kind: 'texts' },
    labels: { kind: 'texts' },
    acceptance: { kind: 'texts', about: 'when it is done' },
    key: { kind: 'text', about: 'made once under it' },
  },
  run: async (given, connection, signal) => {
    const { ledger } = await connection.opened();
    const { title, description, type, priority, parent, depends_on, labels, acceptance, key } = given;
    const parent_id = parent === undefined ? undefined : await resolveOne(ledger, parent);
    const dependencies = depends_on === undefined ? undefined : await resolveIds(ledger, depends_on);
    const made = await attempt(ledger, () =>
      ledger.work.create({
        title,
        description,
        type,
        priority,
        parent_id,
        dependencies,
        labels,
        acceptance: acceptance?.map((text) => ({ text })),
        idempotency_key: key,
        signal,
      }),
    );
    const done = doneOf(connection, made);
    const said = done.changed ? `created ${done.item.id}` : `${done.item.id} was made under that key already`;
    return written(ledger, said, done);
  },
});

const show = tool({
  name: 'show',
  about: 'All of an item.',
  parameters: { id: ID },
  reads: true,
  run: async ({ id: typed }, connection) => {
    const { ledger } = await connection.opened();
    const id = await connection.item(typed);
    const { history: _, ...item } = await ledger.query.get(id);
    return { text: await connection.texts.show(ledger, id), kind: 'item', data: item };
  },
});

const search = tool({
  name: 'search',
  about: 'Finds items by words, or lists them.',
  parameters: {
    words: { kind: 'text' },
    status: { kind: WORK_STATUSES, about: 'default: open' },
    owner: { kind: 'text' },
    label: { kind: 'text' },
    limit: { kind: 'count' },
  },
  reads: true,
  run: async ({ words, status, owner, label, limit = FOUND }, connection) => {
    const { ledger } = await connection.opened();
    const most = Math.min(limit, MOST_ROWS);
    const [found, total] = await (words?.trim() ? finding(ledger, words) : listing());
    if (found.length === 0) return rows(['nothing was found'], []);
    const more = total > found.length ? [`${total - found.length} more`] : [];
    return rows([...found.map(rowOf), ...more], found);

    async function listing(): Promise<[WorkItem[], number]> {
      const filter: WorkFilter = {
        ...(status && { status: [status] }),
        ...(owner && { owner }),
        ...(label && { labels: [label] }),
      };
      return [await ledger.query.list({ ...filter, limit: most }), await ledger.query.count(filter)];
    }
    async function finding(of: WorkLedger, typed: string): Promise<[WorkItem[], number]> {
      if (status === undefined && owner === undefined && label === undefined)
        return [await of.query.search(typed, { limit: most }), await of.query.countFound(typed)];
      const all = await of.query.search(typed);
      const kept = all.filter(
        (item) =>
          (status === undefined || item.status === status) &&
          (owner === undefined || item.owner === owner) &&
          (label === undefined || item.labels.includes(label)),
      );
      return [kept.slice(0, most), kept.length];
    }
  },
});

export const TOOLS: readonly Tool[] = [next, claim, checkpoint, finish, create, show, search, ask];
