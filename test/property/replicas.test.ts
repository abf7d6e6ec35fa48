import fc from 'fast-check';
import { expect, test } from 'vitest';
import { observeHolder } from '../../src/domain/holding.ts';
import { isLedgerError, type Outcome, type Verb, type WorkItem, type WorkLedger } from '../../src/index.ts';
import { makeWorld, type Replica, type World } from '../helpers/replicas.ts';

const NAMES = ['ada', 'bob', 'cy'];
const VERBS = [
  'create',
  'claim',
  'claim',
  'start',
  'release',
  'checkpoint',
  'block',
  'unblock',
  'complete',
  'fail',
  'retry',
  'cancel',
  'reopen',
  'update',
  'comment',
  'delete',
  'recover',
] as const satisfies readonly Verb[];

const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('act' as const),
      who: fc.nat(2),
      verb: fc.constantFrom(...VERBS),
      pick: fc.nat(30),
      other: fc.nat(30),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('race' as const),
      who: fc.constant(0),
      verb: fc.constantFrom(...VERBS),
      pick: fc.nat(30),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('sync' as const), who: fc.nat(2) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('break' as const), who: fc.nat(2), taken: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), who: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('mend' as const), who: fc.nat(2) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What each clone was told, to be held against what stands in the end. */
interface Promised {
  /** Transitions that the remote was said to have. */
  shared: Set<string>;
  /** Transitions that were said to be kept here until the next sync, with the clone that said so. */
  saved: Map<string, Replica>;
}

const RUNS = 40;

test.each([
  ['push', 'push', 'push'],
  ['local', 'push', 'local'],
] as const)(
  'given clones that work as %s, %s and %s, when anything happens, then they converge and no promise is broken',
  async (...modes) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const world = await makeWorld(NAMES, (name) => modes[NAMES.indexOf(name)] ?? 'push');
        const promised: Promised = { shared: new Set(), saved: new Map() };
        for (const one of steps) await run(world, one, promised);
        await settle(world);
        await holdAgainst(world, promised);
      }),
      { numRuns: RUNS, interruptAfterTimeLimit: 25_000, markInterruptAsFailure: false },
    );
  },
);

async function run(world: World, one: Step, promised: Promised): Promise<void> {
  world.clock.advance(60_000);
  const { connection, ledger } = pick(world.replicas, one.who);
  switch (one.kind) {
    case 'break':
      if (one.taken) connection.loseNextAnswer = true;
      else connection.loseNextPush = true;
      return;
    case 'cut':
      connection.cut = true;
      return;
    case 'mend':
      connection.cut = false;
      return;
    case 'sync':
      return pass(ledger.clone.sync());
    case 'race':
      await Promise.all(
        world.replicas.map((replica, index) =>
          act(replica, { ...one, kind: 'act', other: one.pick + index, who: index }, promised),
        ),
      );
      return;
    case 'act':
      return act(pick(world.replicas, one.who), one, promised);
    default:
      return one satisfies never;
  }
}

async function act(replica: Replica, one: Extract<Step, { kind: 'act' }>, promised: Promised): Promise<void> {
  const { ledger } = replica;
  const items = await ledger.query.list({ all: true });
  const id = items[one.pick % Math.max(1, items.length)]?.id;
  const other = items[one.other % Math.max(1, items.length)];
  if (id === undefined && one.verb !== 'create') return;
  const input = inputFor(
    one.verb,
    id ?? '',
    other?.id,
    items.find((item) => item.id === id),
    one.pick,
    replica.name,
  );
  try {
    const commands = [ledger.work.command(one.verb, input as never)];
    if (id !== undefined && one.pick % 3 === 0)
      commands.push(ledger.work.command('comment', { id, body: 'along' }));
    for (const outcome of await ledger.work.batch(commands)) remember(replica, outcome, promised);
  } catch (error) {
    if (!isLedgerError(error)) throw error;
    const saved = (error.details.saved ?? []) as { op: string }[];
    for (const { op } of saved) promised.saved.set(op, replica);
    if (!['REMOTE_UNREACHABLE', 'CONTENDED'].includes(error.code)) throw error;
  }
}

function remember(replica: Replica, outcome: Outcome | undefined, promised: Promised): void {
  if (outcome?.kind !== 'accepted') return;
  if (outcome.where === 'remote') promised.shared.add(outcome.op);
  else promised.saved.set(outcome.op, replica);
}

function inputFor(
  verb: Verb,
  id: string,
  other: string | undefined,
  item: WorkItem | undefined,
  salt: number,
  who: string,
): Record<string, unknown> {
  switch (verb) {
    case 'create':
      return {
        fields: {
          title: `Work ${salt}`,
          ...(other !== undefined && salt % 3 === 0 ? { dependencies: [other] } : {}),
          ...(other !== undefined && salt % 4 === 1 ? { parent_id: other } : {}),
        },
      };
    case 'claim':
    case 'start':
      return { id, execution_id: `exec-${salt}` };
    case 'block':
      return { id, reason: 'waits', ...(salt % 2 === 0 ? { blocker_id: other } : {}) };
    case 'checkpoint':
      return { id, checkpoint: { step: `s${salt}` } };
    case 'fail':
      return { id, error: 'broken\nbadly' };
    case 'retry':
      return { id, reset: true };
    case 'reopen':
      return { id, reason: 'again' };
    case 'recover':
      return { id, reason: 'gone', observed: item && observeHolder(item) };
    case 'update':
      return {
        id,
        patch: { set: { priority: salt % 2 === 0 ? 'high' : 'low' }, labels: { add: [`l${salt}-${who}`] } },
      };
    case 'comment':
      return { id, body: `note ${salt}` };
    default:
      return { id };
  }
}

async function pass(task: Promise<unknown>): Promise<void> {
  try {
    await task;
  } catch (error) {
    if (!isLedgerError(error, 'REMOTE_UNREACHABLE') && !isLedgerError(error, 'CONTENDED')) throw error;
  }
}

async function settle({ replicas }: World): Promise<void> {
  for (const { connection } of replicas) {
    connection.cut = false;
    connection.loseNextPush = false;
    connection.loseNextAnswer = false;
  }
  for (let round = 0; round < 3; round += 1) {
    for (const { ledger } of replicas) await pass(ledger.clone.sync());
  }
}

async function holdAgainst({ replicas, remote }: World, promised: Promised): Promise<void> {
  const ledgers = replicas.map(({ ledger }) => ledger);
  const tips = await Promise.all(ledgers.map(async (ledger) => (await ledger.query.asOf()).tip));
  expect(new Set(tips)).toEqual(new Set([remote.tip]));

  const history = await (ledgers[0] as WorkLedger).audit.log({ limit: 10_000 });
  const ops = history.flatMap(({ op }) => (op === null ? [] : [op]));
  expect(new Set(ops).size, 'each transition applies once').toBe(ops.length);

  const claims = history.filter(
    ({ verb, to }) => (verb === 'claim' || verb === 'start') && to === 'in_progress',
  );
  const epochs = claims.filter(({ from }) => from === 'pending').map(({ id, epoch }) => `${id} ${epoch}`);
  expect(new Set(epochs).size, 'one holder for each epoch').toBe(epochs.length);

  const created = history.filter(({ verb }) => verb === 'create').map(({ id }) => id);
  expect(new Set(created).size, 'no id is given twice').toBe(created.length);

  for (const op of promised.shared) expect(ops, 'what the remote had stays').toContain(op);
  for (const [op, { ledger }] of promised.saved) {
    const kept = (await ledger.clone.rejected()).map((entry) => entry.op);
    expect([...ops, ...kept], 'what was saved here is shared or kept').toContain(op);
  }
  for (const ledger of ledgers) {
    expect((await ledger.clone.status()).pending).toEqual([]);
    expect(await ledger.audit.verify()).toMatchObject({ ok: true, findings: [] });
  }
}

function pick<T>(list: readonly T[], index: number): T {
  const found = list[index % list.length];
  if (found === undefined) throw new Error('an empty list was picked from');
  return found;
}
