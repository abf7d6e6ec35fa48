import { recoverSilent } from '../../src/agents/presence/list.ts';
import type { SettingsPatch } from '../../src/domain/configure.ts';
import { observeHolder } from '../../src/domain/holding.ts';
import type { WorkItem, WorkStatus } from '../../src/domain/item.ts';
import type { Verb } from '../../src/domain/verbs.ts';
import type { WorkLedger } from '../../src/ledger/work-ledger.ts';
import type { LedgerCommand } from '../../src/sync/draft.ts';
import { Chance } from './chance.ts';
import type { Caller, Step } from './plan.ts';
import { type Asked, failureOf, inWords, outcomesOf, type Told, type ToldCall } from './told.ts';
import { workOn } from './worker.ts';
import { BRANCH } from './world/host.ts';
import type { Process } from './world/process.ts';
import type { World } from './world/world.ts';

/** Verbs that suit an item of each status, more often those that make it move. */
const SUITABLE: Readonly<Record<WorkStatus, Partial<Record<Verb, number>>>> = {
  pending: { claim: 8, start: 1, assign: 2, update: 3, block: 1, cancel: 2, comment: 1 },
  in_progress: {
    claim: 1,
    complete: 3,
    fail: 2,
    submit: 4,
    checkpoint: 2,
    release: 2,
    block: 2,
    cancel: 1,
    update: 2,
    recover: 1,
    comment: 1,
  },
  blocked: { unblock: 4, start: 2, release: 1, cancel: 1, update: 1 },
  in_review: { approve: 4, reject: 3, withdraw: 3, cancel: 1 },
  completed: { reopen: 3, delete: 2, comment: 1 },
  failed: { retry: 3, reopen: 2, delete: 1, update: 1 },
  cancelled: { reopen: 3, delete: 1 },
};

/**
 * Works with a process as a caller does: one step after another, each on what the clone shows then. Ends with the last step, or never
 * where the process dies.
 */
export async function work(
  world: World,
  process: Process,
  { mode, actor, steps }: Pick<Caller, 'mode' | 'actor' | 'steps'>,
  { record, begun }: { record: ToldCall[]; begun(step: Step): void },
): Promise<void> {
  const ledger = await process.open({ mode, actor });
  for (const step of steps) {
    await world.scheduler.sleep(process, step.at - world.scheduler.time, 'thinks');
    begun(step);
    await take(step);
  }

  async function take(step: Step): Promise<void> {
    const chance = new Chance(world.seed, step.salt);
    switch (step.kind) {
      case 'sync':
        return call('syncs', [], async () => {
          await ledger.clone.sync();
          return [];
        });
      case 'fetch':
        return call('fetches', [], async () => {
          await ledger.clone.fetch();
          return [];
        });
      case 'give back':
        return call('gives back what nobody works on', [], async () => {
          await recoverSilent(ledger);
          return [];
        });
      case 'work':
        return call('works on what is ready', [], async () => {
          if (mode === 'push') await workOn(world, process, ledger, chance);
          return [];
        });
      case 'acknowledge':
        return call('answers for what is found first', [], acknowledge);
      case 'apply':
        return apply();
      default: {
        const commands = await commandsOf(ledger, step, chance);
        if (commands.length === 0) return;
        const atomic = step.kind === 'group';
        const asked = commands.map(askedOf);
        const what = `asks ${atomic ? 'as a group ' : ''}to ${asked.map(nameOf).join(', then ')}`;
        return call(what, asked, () => ledger.work.batch(commands, { atomic }), atomic);
      }
    }
  }

  /** Puts what was rejected first in again, under its own op. */
  async function apply(): Promise<void> {
    const [rejected] = await ledger.clone.rejected();
    const command = rejected?.commit.command;
    if (rejected === undefined || command === undefined) return;
    const asked = askedOf(command);
    return call(`applies what was rejected: ${nameOf(asked)}`, [asked], async () => {
      const result = await ledger.clone.applyRejected(rejected.op);
      return result.ok ? { where: result.commit && result.where, id: result.item.id } : { lost: result.code };
    });
  }

  async function acknowledge(): Promise<never[]> {
    const [first] = (await ledger.audit.verify()).findings;
    if (first === undefined) return [];
    world.acknowledged.add(first.commit);
    await ledger.audit.acknowledge(first.commit, { reason: `seen by ${ledger.actor}` });
    return [];
  }

  async function call(
    what: string,
    asked: Asked[],
    task: () => Promise<unknown>,
    atomic = false,
  ): Promise<void> {
    const { clone, name } = process;
    const began = world.scheduler.time;
    const [first, before] = [clone.refs.get(BRANCH), clone.tips.length];
    const base = { process: name, clone: clone.name, mode, what, began, atomic, asked, tips: [first] };
    const entry: ToldCall = { ...base, ended: undefined, told: undefined };
    record.push(entry);
    world.tell(`${name} ${what}`);
    entry.told = await task().then((value) => toldBy(asked, value), failureOf);
    entry.ended = world.scheduler.time;
    entry.tips = [first, ...clone.tips.slice(before).map(({ tip }) => tip)];
    world.tell(`${name} is told: ${inWords(entry.told)}`);
  }
}

function toldBy(asked: readonly Asked[], value: unknown): Told {
  if (Array.isArray(value)) return outcomesOf(asked, value);
  const { where, id, lost } = value as { where?: 'remote' | 'local'; id?: string; lost?: string };
  const [{ op = '' } = {}] = asked;
  if (lost !== undefined) return { kind: 'outcomes', outcomes: [{ kind: 'lost', op, code: lost }] };
  const kind = where === undefined ? 'unchanged' : 'accepted';
  return { kind: 'outcomes', outcomes: [{ kind, op, where, id }] };
}

function askedOf(command: LedgerCommand): Asked {
  const id = 'id' in command ? command.id : undefined;
  return { op: command.op, verb: command.verb, id, command };
}

const nameOf = ({ verb, id, op }: Asked): string => `${verb} ${id ?? 'an item'} (…${op.slice(-6)})`;

const KEYS = ['north', 'south'];
const ACTORS = ['ada', 'bob', 'cy'];

async function commandsOf(ledger: WorkLedger, step: Step, chance: Chance): Promise<LedgerCommand[]> {
  const { work: made } = ledger;
  const text = `by ${ledger.actor} ${step.salt}`;
  if (step.kind === 'create') return [made.command('create', { fields: { title: `Work ${text}` } })];
  if (step.kind === 'keyed') {
    const key = chance.pick(KEYS);
    // Most ask for the same under a key, and some for something else.
    const title = step.salt % 3 === 0 ? `Work ${text}` : `Work of ${key}`;
    return [made.command('create', { fields: { title, idempotency_key: key } })];
  }
  if (step.kind === 'rule') return [configuring(made.command('create', { fields: { title: text } }), chance)];
  const items = await ledger.query.list({ all: true });
  if (step.kind === 'part') return [partOf(made, items, text, chance)];
  if (step.ask !== undefined) {
    return step.ask.flatMap(({ verb, item: index }) => {
      const item = items[index];
      return item === undefined ? [] : [made.command(verb, inputOf(verb, item, text, chance) as never)];
    });
  }
  const count = step.kind === 'act' ? 1 : 2;
  const commands: LedgerCommand[] = [];
  const from = chance.below(Math.max(1, items.length));
  for (let n = 0; n < count; n += 1) {
    const item = items[(from + n) % items.length];
    if (item === undefined) break;
    const verb = chance.weighted(SUITABLE[item.status] as Record<Verb, number>);
    commands.push(made.command(verb, inputOf(verb, item, text, chance) as never));
  }
  return commands;
}

/** A change of the settings that the oracles know to read. */
function configuring(
  { op, at, actor }: Pick<LedgerCommand, 'op' | 'at' | 'actor'>,
  chance: Chance,
): LedgerCommand {
  const members = [chance.pick(ACTORS), chance.pick(ACTORS)];
  const patch = chance.pick<SettingsPatch>([
    { max_attempts: 1 + chance.below(4) },
    { review: [{ types: ['task'] }] },
    { review: null },
    { roles: { leads: { members } }, allow: [{ verbs: ['claim', 'cancel'], roles: ['leads'] }] },
    { roles: { leads: { members } }, allow: [{ verbs: ['*'], roles: ['leads', 'creator'] }] },
    { allow: null },
  ]);
  return { op, at, actor, verb: 'configure', patch };
}

/** A new part of an item, one that waits for it, or an item that becomes a part or waits for another. */
function partOf(
  made: WorkLedger['work'],
  items: readonly WorkItem[],
  text: string,
  chance: Chance,
): LedgerCommand {
  const [one, other] = [chance, chance].map(() => items[chance.below(items.length)]);
  const title = `Work ${text}`;
  if (one === undefined || other === undefined) return made.command('create', { fields: { title } });
  if (chance.happens(0.3))
    return made.command('update', { id: one.id, patch: { set: { parent_id: other.id } } });
  if (chance.happens(0.2)) return made.command('block', { id: one.id, reason: text, blocker_id: other.id });
  const fields = chance.happens(0.6) ? { parent_id: one.id } : { dependencies: [one.id] };
  return made.command('create', { fields: { title, ...fields } });
}

function inputOf(verb: Verb, item: WorkItem, text: string, chance: Chance): Record<string, unknown> {
  const { id } = item;
  switch (verb) {
    case 'claim':
    case 'start':
      return { id, execution_id: `exec-${chance.below(1_000_000)}` };
    case 'assign':
      return { id, owner: chance.pick(ACTORS) };
    case 'block':
    case 'reject':
    case 'reopen':
    case 'cancel':
      return { id, reason: text };
    case 'checkpoint':
      return { id, checkpoint: { step: text } };
    case 'complete':
    case 'submit':
      return { id, result: { said: text } };
    case 'fail':
      return { id, error: text };
    case 'recover':
      return { id, reason: text, observed: observeHolder(item) };
    case 'update':
      return { id, patch: updateOf(text, chance) };
    case 'comment':
      return { id, body: text };
    default:
      return { id };
  }
}

const updateOf = (text: string, chance: Chance): Record<string, unknown> =>
  chance.happens(0.7) ? { set: { description: text } } : { labels: { add: [`l${chance.below(5)}`] } };
