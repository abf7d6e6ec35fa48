import { appendFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import {
  type CheckpointInput,
  isLedgerError,
  type OpenOptions,
  openLedger,
  type WorkItem,
  type WorkLedger,
} from '../index.ts';
import { mapOf } from '../operations/answers.ts';
import { primeLines, readHeld, readStanding } from '../operations/standing.ts';
import { type Dialect, dialectOf, type HookedClient, type Moment, type Payload } from './dialects.ts';
import { SessionNotes } from './session.ts';
import { changed, progressOf, type TodoList } from './todos.ts';

// What `wl` does when a client's hook calls it: prime, bind, keep what is known, ask once. It fails no client.

export interface HookCall {
  client: HookedClient;
  /** As the client calls it. */
  event: string;
  env: Readonly<Record<string, string | undefined>>;
  options: OpenOptions;
  now: () => Date;
  /** All that the client wrote; @throws where it is more than a hook reads */
  readInput(): Promise<string>;
}

/** What the client is answered, and what went wrong. */
export interface HookAnswer {
  /** For standard output; nothing where there is nothing to say. */
  answer?: object;
  trouble?: string;
}

/**
 * Does what a client's hook is for. Never throws: what went wrong is told. Where there is no ledger, or the event is none of ours, it
 * says nothing.
 */
export async function runClientHook(call: HookCall): Promise<HookAnswer> {
  const dialect = dialectOf(call.client);
  const moment = dialect.moments[call.event];
  if (moment === undefined) return {};
  try {
    const payload = readPayload(await call.readInput());
    const answer = await inLedger(call, dialect, payload, (ledger) =>
      act(moment, { call, dialect, payload, ledger }),
    );
    return answer === undefined ? {} : { answer };
  } catch (error) {
    const trouble = `wl hook ${call.client} ${call.event}: ${error instanceof Error ? error.message : String(error)}`;
    return { trouble, ...(dialect.trouble && { answer: dialect.trouble(trouble) }) };
  }
}

function readPayload(input: string): Payload {
  if (input.trim() === '') return {};
  const value: unknown = JSON.parse(input);
  if (typeof value === 'object' && value !== null) return value as Payload;
  throw new Error('what came in is no JSON object');
}

/** @returns `undefined` also where there is no ledger */
async function inLedger(
  { options, env }: HookCall,
  dialect: Dialect,
  payload: Payload,
  use: (ledger: WorkLedger) => Promise<object | undefined>,
): Promise<object | undefined> {
  const folder = dialect.folder(payload);
  const dir = options.dir ?? env.CLAUDE_PROJECT_DIR ?? (typeof folder === 'string' ? folder : undefined);
  let ledger: WorkLedger;
  try {
    // No client waits for a remote: what is written is pushed by the next call.
    ledger = await openLedger({ ...options, dir, mode: 'local' });
  } catch (error) {
    if (isLedgerError(error, 'NO_LEDGER') || isLedgerError(error, 'NO_REPOSITORY')) return undefined;
    throw error;
  }
  try {
    return await use(ledger);
  } finally {
    await ledger.close();
  }
}

interface Turn {
  call: HookCall;
  dialect: Dialect;
  payload: Payload;
  ledger: WorkLedger;
}

const ACTS: Readonly<Record<Moment, (turn: Turn) => Promise<object | undefined>>> = {
  begin,
  plan,
  compact: keep,
  pause,
  end: finish,
};
const act = (moment: Moment, turn: Turn): Promise<object | undefined> => ACTS[moment](turn);

/** The execution that a session is: the one that its worker gave it, else one of its own, the same each time it is taken up. */
function executionOf({ call: { client, env }, dialect, payload }: Turn): string {
  const given = env.WL_EXECUTION_ID;
  // One that a hook made is another session's, from which this one was started.
  if (given && (isWorkers(env) || !MADE.test(given))) return given;
  const session = dialect.session(payload);
  if (typeof session !== 'string' || !/^[\w.:-]{1,100}$/.test(session))
    throw new Error('the session has no name that can be used');
  return executionOfSession(client, session);
}

const executionOfSession = (client: string, session: string): string => `exec-${client}-${session}`;
const MADE = /^exec-(?:claude|codex|gemini|copilot|cursor|opencode)-/;

/** True where a worker started the client for one item: its prompt says all, and the worker ends the item. */
const isWorkers = (env: HookCall['env']): boolean => Boolean(env.WL_WORK_ID);

async function begin(turn: Turn): Promise<object | undefined> {
  const { call, dialect, ledger } = turn;
  if (isWorkers(call.env)) return undefined;
  const execution_id = executionOf(turn);
  const bound = bind(call, dialect, execution_id);
  const standing = await readStanding(ledger, execution_id);
  const lines = primeLines(standing, call.now(), bound ? 'environment' : 'by_hand');
  return dialect.context(lines.join('\n'), call.event, execution_id);
}

/** @returns whether each command that the agent runs has its execution from now on */
function bind({ env }: HookCall, { binding }: Dialect, execution_id: string): boolean {
  if (binding !== 'file') return binding !== 'none';
  const file = env.CLAUDE_ENV_FILE;
  if (!file) return false;
  appendFileSync(file, `export WL_EXECUTION_ID='${execution_id.replaceAll("'", `'\\''`)}'\n`);
  return true;
}

/** What the agent wrote of what it means to do goes into the checkpoint of the item that it claimed last. */
async function plan(turn: Turn): Promise<undefined> {
  const change = turn.dialect.todos(turn.payload, turn.call.event);
  if (change === undefined) return undefined;
  const notes = new SessionNotes(turn.ledger, executionOf(turn));
  const session = notes.read();
  const todos = changed(session.todos, change);
  if (sameTodos(todos, session.todos)) return undefined;
  notes.write({ ...session, todos });
  return keep(turn);
}

async function finish(turn: Turn): Promise<undefined> {
  await keep(turn);
  new SessionNotes(turn.ledger, executionOf(turn)).forget();
  return undefined;
}

/** Writes down what is known: of each item held, where its branch is; of the one claimed last, the list of what is to do. */
async function keep(turn: Turn): Promise<undefined> {
  const { call, ledger, payload } = turn;
  const execution_id = executionOf(turn);
  const { own } = await readHeld(ledger, execution_id);
  const held = own.filter(({ status }) => status === 'in_progress');
  if (held.length === 0) return undefined;
  const { todos } = new SessionNotes(ledger, execution_id).read();
  const { branchOf } = await import('../git/work-tree.ts');
  const folder = turn.dialect.folder(payload);
  const branch = (await branchOf(typeof folder === 'string' ? folder : '.'))?.replace(/^refs\/heads\//, '');
  const written = held.map(async (item, at) => {
    const known = checkpointOf(item, { client: call.client, branch, todos: at === 0 ? todos : {} });
    if (known === undefined) return;
    const result = await ledger.work.checkpoint(item.id, known, { execution_id });
    if (!result.ok) throw new Error(result.message);
  });
  await Promise.all(written);
  return undefined;
}

interface Known {
  client: string;
  branch: string | undefined;
  todos: TodoList;
}

/** The key of `data` under which a checkpoint has what a hook wrote. */
const KEPT = 'session';

/**
 * The item's checkpoint with what is known beside what the agent said itself, which stays; `undefined` where that is nothing new.
 */
function checkpointOf(
  { checkpoint }: WorkItem,
  { client, branch, todos }: Known,
): CheckpointInput | undefined {
  const { at: _at, attempt: _attempt, ...said } = checkpoint ?? { at: '', attempt: 0 };
  const list = Object.values(todos);
  const derived = isDerived(checkpoint);
  const progress = progressOf(list);
  // What a hook made of an earlier list makes room for what it makes of this one.
  const isOwn = !derived && (said.step !== undefined || said.next_action !== undefined);
  const kept = {
    client,
    ...(progress !== undefined && !isOwn && { derived: true }),
    ...(list.length > 0 && { todos: list.map(({ text, status }) => `${MARKS[status]} ${text}`) }),
  };
  const { step: _step, next_action: _next, ...rest } = said;
  const next = {
    ...(progress === undefined || isOwn ? said : { ...rest, ...progress }),
    ...(said.work_ref === undefined && branch !== undefined && { work_ref: branch }),
    data: { ...mapOf(said.data), [KEPT]: kept },
  };
  return isDeepStrictEqual({ ...next }, { ...said }) ? undefined : next;
}

/** True where a hook, and not the agent, said where the work stands. */
const isDerived = (checkpoint: WorkItem['checkpoint']): boolean =>
  mapOf(mapOf(checkpoint?.data)[KEPT]).derived === true;

const MARKS = { pending: '[ ]', in_progress: '[>]', completed: '[x]' } as const;

const sameTodos = (one: TodoList, other: TodoList): boolean => JSON.stringify(one) === JSON.stringify(other);

/** A checkpoint that is as old as this says little of where the work stands. */
const STALE_MS = 10 * 60_000;

/** Asks the agent, once for each claim, to leave no item behind that tells nobody where it stands. */
async function pause(turn: Turn): Promise<object | undefined> {
  const { call, dialect, payload, ledger } = turn;
  if (dialect.ask === undefined || isWorkers(call.env) || dialect.isAsked(payload)) return undefined;
  const execution_id = executionOf(turn);
  const { own } = await readHeld(ledger, execution_id);
  const notes = new SessionNotes(ledger, execution_id);
  const session = notes.read();
  const silent = own.filter((item) => isSilent(item, call.now()) && !session.asked.includes(claimOf(item)));
  if (silent.length === 0) return undefined;
  notes.write({ ...session, asked: [...session.asked, ...silent.map(claimOf)] });
  const ids = silent.map(({ id }) => id).join(', ');
  const id = silent.length === 1 ? ids : 'ID';
  return dialect.ask(
    `You hold ${ids} and are about to stop. Say where it stands: \`wl checkpoint ${id} --step "…" --next "…"\`; or end it: \`wl complete ${id}\`, \`wl fail ${id} --error "…"\`, \`wl release ${id} --reason "…"\`. You are asked once.`,
  );
}

const claimOf = ({ id, claim }: WorkItem): string => `${id}#${claim?.epoch ?? 0}`;

/** True where the agent said nothing of late, in its own words, of an item that it works on. */
function isSilent({ status, checkpoint, attempts }: WorkItem, now: Date): boolean {
  if (status !== 'in_progress') return false;
  if (checkpoint === undefined || checkpoint.attempt < attempts) return true;
  if (isDerived(checkpoint) || checkpoint.step === undefined) return true;
  return now.getTime() - Date.parse(checkpoint.at) > STALE_MS;
}
