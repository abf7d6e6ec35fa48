import { randomSuffix } from '../codec/op.ts';
import type { CommandOf, Fence } from '../domain/commands.ts';
import { LedgerError } from '../domain/errors.ts';
import { isHeld } from '../domain/holding.ts';
import { idDate } from '../domain/ids.ts';
import { isVerb, TRANSITIONS, VERBS, type Verb, type VerbInput } from '../domain/verbs.ts';
import type { CloneName } from '../sync/clone-name.ts';
import type { LedgerCommand } from '../sync/draft.ts';
import type { Planned, Progress } from '../sync/local.ts';
import type { Outcome } from '../sync/outcome.ts';
import { type Connection, modeOf, readNow } from './connection.ts';
import { type Executions, executionsOf } from './executions.ts';
import { inTime } from './in-time.ts';
import { observeNow } from './observe.ts';
import type { BatchOptions } from './transition-inputs.ts';

/**
 * Commits what of the commands is legal, and shares it. Holders prove what they rest on by the claims that this clone made, and those that
 * it makes here are noted.
 *
 * @returns an outcome for each, in order
 * @throws LedgerError `INVALID_INPUT` for what looks like a key or token
 */
export async function submit(
  connection: Connection,
  commands: readonly Planned[],
  options: BatchOptions = {},
): Promise<Outcome[]> {
  await refuseSecrets(connection, commands);
  return submitMade(connection, commands, options);
}

/** As `submit`, for commands whose text the program made of what was written before. */
export async function submitMade(
  connection: Connection,
  commands: readonly Planned[],
  { signal, atomic = false, provisional }: BatchOptions = {},
): Promise<Outcome[]> {
  signal?.throwIfAborted();
  if (commands.length === 0) return [];
  requireVerbs(commands);
  if (atomic && commands.length > LARGEST_GROUP) throw tooLarge(commands.length);
  const { sync, context } = await connection.write();
  const mode = modeOf(connection);
  const numbered = mode === 'local' ? await withOfflineIds(connection, commands) : commands;
  const proofs = await prove(connection, await observeNow(connection, numbered));
  const planned = proofs.commands;
  const progress: Progress = { stage: 'waiting', signal };
  const givingUp = signal && (await import('./giving-up.ts'));
  const group = { commands: planned, atomic, provisional, progress };
  const done = inTime(connection, (time) => sync.submit(group, mode === 'push', time));
  // Whoever gives up its call has made its claims all the same.
  const noted = done.then((outcomes) => {
    proofs.note(outcomes);
    return outcomes;
  });
  const why = async (): Promise<unknown> => givingUp?.givenUp(connection, progress, commands, noted);
  const outcomes = await (givingUp?.raced(noted, signal, why) ?? noted);
  if (outcomes.every(({ kind }) => kind === 'accepted' || kind === 'unchanged')) return outcomes;
  const { keepRefused, nameChangers } = await import('./refused.ts');
  return nameChangers(connection, proofs.explain(await keepRefused(context, planned, outcomes)));
}

/** Of a command, what the program makes, or what its caller saw and is not written. A value of the same name elsewhere is looked at. */
const NOT_WRITTEN: ReadonlySet<string> = new Set(['verb', 'id', 'op', 'at', 'observed']);
/**
 * Every form of a key or token has one of these: a long run of what they are written with, which is no item's or execution's id, or a word. Most of what
 * is written has none, and then nothing more is loaded.
 */
const WORTH_A_LOOK =
  /(?<![\w-])(?!(?:[A-Z]{2,8}-\d{8}|exec(?:-[a-z0-9]{1,20}){0,6})-[0-9a-z]{4,16}(?![\w-]))[\w+=-]{16}|[\w+/]{40}|PRIVATE KEY|:\/\/[^\s/@]{1,100}:[^\s/@]{1,200}@|hooks\.slack/;

/**
 * Refuses what looks like a key or token: history keeps it for good.
 *
 * @throws LedgerError `INVALID_INPUT`, which names the field and what it seems to be, and not the text
 */
export async function refuseSecrets(
  { allowSecrets }: Pick<Connection, 'allowSecrets'>,
  written: readonly object[],
): Promise<void> {
  if (allowSecrets) return;
  for (const one of written) {
    const refusal = typeof one === 'function' ? undefined : await secretIn(one);
    if (refusal !== undefined) throw refusal;
  }
}

/** Why a command is not to be written as it stands; `undefined` where it may. */
export async function secretIn(command: object): Promise<LedgerError | undefined> {
  if (!textsOf(command).some(([text]) => WORTH_A_LOOK.test(text))) return undefined;
  return firstSecret(command, (await loadSecrets()).findSecret);
}

export const loadSecrets = () => import('../domain/secrets.ts');

/** What of a command looks like a key or token. */
export function firstSecret(
  command: object,
  findSecret: (text: string) => string | undefined,
): LedgerError | undefined {
  for (const [text, field] of textsOf(command)) {
    const what = findSecret(text);
    if (what !== undefined) return looksSecret(findSecret(field) === undefined ? field : 'a name', what);
  }
  return undefined;
}

/** All texts in a command, each with the name that it stands under, and those names: what it is, and how deep it goes, is checked later. */
function textsOf(command: object): [text: string, field: string][] {
  const texts: [string, string][] = [];
  const seen = new Set<unknown>();
  const open: [string, unknown][] = Object.entries(command).filter(([key]) => !NOT_WRITTEN.has(key));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [key, one] = next;
    texts.push([typeof one === 'string' ? `${key}: ${one}` : key, key]);
    if (typeof one !== 'object' || one === null || seen.has(one)) continue;
    seen.add(one);
    for (const [name, entry] of Object.entries(one)) open.push([Array.isArray(one) ? key : name, entry]);
  }
  return texts;
}

const looksSecret = (field: string, what: string): LedgerError =>
  new LedgerError(
    'INVALID_INPUT',
    `${JSON.stringify(field)} seems to have ${what} in it, and history would keep it for good.`,
    {
      hint: 'Take it out. Where it is none, or is to be kept: --allow-secret, or allow_secrets of openLedger.',
      details: { problems: [`${field}: ${what}`] },
    },
  );

/** Commands that stand together or not at all: all of them are decided again wherever a race is lost. */
const LARGEST_GROUP = 1_000;

const tooLarge = (size: number): LedgerError =>
  new LedgerError(
    'INVALID_INPUT',
    `A group has at most ${LARGEST_GROUP} commands, and this one has ${size}.`,
    {
      hint: 'Without `atomic`, a batch has any number of commands.',
    },
  );

/** @throws LedgerError `INVALID_INPUT` for a command of no verb */
function requireVerbs(commands: readonly Planned[]): void {
  for (const command of commands) {
    if (typeof command === 'function' || command.verb === 'configure' || isVerb(command.verb)) continue;
    const { verb } = command as { verb: unknown };
    throw new LedgerError('INVALID_INPUT', `${JSON.stringify(verb)} is no verb.`, {
      hint: `Verbs are: ${VERBS.join(', ')}.`,
    });
  }
}

/** Nobody can be asked for the next number, so a new item's id is one that no other clone can draw. */
async function withOfflineIds(connection: Connection, commands: readonly Planned[]): Promise<Planned[]> {
  const { draw } = connection;
  const { id_prefix } = await readNow(connection, (view) => view.settings);
  const fill = (command: LedgerCommand): LedgerCommand =>
    command.verb === 'create' && command.id === undefined
      ? { ...command, id: `${id_prefix}-${idDate(command.at)}-${randomSuffix(draw)}` }
      : command;
  return commands.map((planned) =>
    typeof planned === 'function' ? (earlier) => fill(planned(earlier)) : fill(planned),
  );
}

/** Who names no claim acts on those that this clone made. */
async function prove(connection: Connection, commands: readonly Planned[]): Promise<Proofs> {
  const executions = executionsOf(connection);
  for (const command of commands) {
    if (typeof command === 'function' || !('id' in command) || command.id === undefined) continue;
    const { id, actor } = command;
    if (executions.isInDoubt(id, actor))
      executions.settle(await readNow(connection, (view) => view.find(id)), actor);
  }
  return new Proofs(executions, connection.clone, commands);
}

type Acquiring = CommandOf<'claim' | 'start' | 'link_execution'>;
/** A verb whose command may show a claim. */
type Fenced = { [V in Verb]: 'epoch' extends keyof VerbInput[V] ? V : never }[Verb];
type Holding = CommandOf<Fenced>;

const isAcquiring = (command: LedgerCommand): command is Acquiring =>
  command.verb === 'claim' || command.verb === 'start' || command.verb === 'link_execution';

/** Whether the command may rest on a claim. */
function isHolding(command: LedgerCommand): command is Holding {
  const by = command.verb === 'configure' ? 'anyone' : TRANSITIONS[command.verb].by;
  return by === 'owner' || by === 'owner_once_claimed' || by === 'creator_or_owner';
}

const executionOf = (command: Acquiring): string =>
  command.verb === 'link_execution' ? command.link : command.execution_id;

/**
 * Has the commands of one group prove what they rest on: where the caller names no claim, the one that this clone made, or that
 * it makes in the same group. Notes what is asked for, and what became of it.
 */
class Proofs {
  readonly commands: readonly Planned[];
  readonly #executions: Executions;
  readonly #clone: Pick<CloneName, 'name'>;
  /** As they were decided last. */
  readonly #decided: LedgerCommand[] = [];
  readonly #acquired = new Map<string, string>();

  constructor(executions: Executions, clone: Pick<CloneName, 'name'>, planned: readonly Planned[]) {
    this.#executions = executions;
    this.#clone = clone;
    this.commands = planned.map((one, at) =>
      typeof one === 'function' ? (earlier) => this.#prove(one(earlier), at) : this.#prove(one, at),
    );
  }

  #prove(command: LedgerCommand, at: number): LedgerCommand {
    const proven = isHolding(command) ? { ...command, ...this.#proofOf(command) } : command;
    const asked = isAcquiring(proven) ? this.#ask(proven) : proven;
    this.#decided[at] = asked;
    return asked;
  }

  #proofOf({ id, actor, epoch, execution_id, unproven }: Holding): Fence {
    if (epoch !== undefined || unproven) return {};
    const acquired = this.#acquired.get(`${id} ${actor}`);
    if (acquired !== undefined) return { execution_id: execution_id ?? acquired };
    const made = this.#executions.of(id, actor);
    if (execution_id !== undefined) return made?.execution_id === execution_id ? { epoch: made.epoch } : {};
    return made === undefined ? { unproven: true } : { execution_id: made.execution_id, epoch: made.epoch };
  }

  #ask(command: Acquiring): Acquiring {
    const { id, actor } = command;
    this.#acquired.set(`${id} ${actor}`, executionOf(command));
    this.#executions.ask(id, actor, executionOf(command));
    return { ...command, clone: command.clone ?? this.#clone.name };
  }

  /** Notes what became of the commands. */
  note(outcomes: readonly Outcome[]): void {
    for (const [at, outcome] of outcomes.entries()) {
      const command = this.#decided[at];
      if (command === undefined) continue;
      if (isAcquiring(command)) this.#noteAcquiring(command, outcome);
      else if (isHolding(command)) this.#noteEnded(command, outcome);
    }
  }

  /** Says of what is refused for want of a claim where one is set aside. */
  explain(outcomes: readonly Outcome[]): Outcome[] {
    return outcomes.map((outcome, at) => {
      const command = this.#decided[at];
      if (outcome.kind !== 'refused' || outcome.error.code !== 'CLAIMED_ELSEWHERE') return outcome;
      if (command === undefined || !isHolding(command)) return outcome;
      const { error } = outcome;
      const { id, actor } = command;
      const one = this.#executions
        .aside(actor)
        .find((made) => made.id === id && made.execution_id === error.details.execution_id);
      if (one === undefined) return outcome;
      const more = `It was claimed here while this clone was ${one.clone}; where the work goes on here and nowhere else: wl adopt ${id}`;
      return { kind: 'refused', error: error.with({ hint: `${error.hint} ${more}` }) };
    });
  }

  #noteAcquiring(command: Acquiring, outcome: Outcome): void {
    const execution_id = executionOf(command);
    const item = outcome.kind === 'accepted' || outcome.kind === 'unchanged' ? outcome.item : undefined;
    if (item?.claim?.execution_id === execution_id) this.#executions.remember(item);
    else this.#executions.refused(command.id, command.actor, execution_id);
  }

  #noteEnded({ id, actor }: Holding, outcome: Outcome): void {
    if (outcome.kind === 'accepted' && outcome.item !== undefined && !isHeld(outcome.item)) {
      this.#executions.forget(id, actor);
    }
  }
}
