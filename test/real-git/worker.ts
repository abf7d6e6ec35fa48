/**
 * One of several processes of a clone that do what comes to them, until they are killed or told to stop. Says what it asks before it
 * asks, and what it was told after, a line of JSON each.
 */
import { tracingChannel } from 'node:diagnostics_channel';
import type { Verb, VerbInput, WorkItem, WorkLedger } from '../../src/index.ts';
import { chance } from './chance.ts';
import { type Asked, type Job, SLACK_MS, type Word } from './words.ts';

const { dir, actor, seed, lanes, patience_s, library } = JSON.parse(process.argv[2] ?? '') as Job;
const { isLedgerError, openLedger, TRACE_CHANNELS } = (await import(
  library
)) as typeof import('../../src/index.ts');
const { pick, below, happens } = chance(seed);
const options = { dir, actor, patience_s };
let stopped = false;
let calls = 0;
process.stdin.once('data', () => {
  stopped = true;
});
// Whoever started it is gone.
process.stdin.once('end', () => {
  if (!stopped) process.exit(1);
});

/**
 * How long this process was due to run and was not let, in milliseconds: what its timers are late by, without the time in which it ran. Of the
 * processes of git that it waits for, nothing is known, so this is the least that the machine kept from it.
 */
let starved = 0;
const TICK_MS = 50;
let [ticked, used] = [performance.now(), process.cpuUsage()];
setInterval(() => {
  const ran = process.cpuUsage(used);
  const late = performance.now() - ticked - TICK_MS - (ran.user + ran.system) / 1000;
  starved += Math.max(0, late);
  [ticked, used] = [performance.now(), process.cpuUsage()];
}, TICK_MS).unref();

/** What this process did of late, so that a call which takes too long can tell what took so long. */
const steps: { from: number; to: number | undefined; what: Record<string, unknown> }[] = [];
const STEPS_KEPT = 600;
for (const [kind, name] of Object.entries(TRACE_CHANNELS)) {
  const open = new Map<unknown, (typeof steps)[number]>();
  const begun = (record: Record<string, unknown>): void => {
    const step = { from: performance.now(), to: undefined, what: record };
    open.set(record, step);
    if (steps.push(step) > STEPS_KEPT) steps.shift();
  };
  const over = (record: Record<string, unknown>): void => {
    const step = open.get(record);
    open.delete(record);
    if (step !== undefined) step.to = performance.now();
  };
  const nothing = (): void => undefined;
  const atOnce = kind === 'decide' || kind === 'replay';
  if (kind === 'decide' || kind === 'config') continue;
  tracingChannel<unknown, Record<string, unknown>>(name).subscribe({
    start: begun,
    end: atOnce ? over : nothing,
    asyncStart: nothing,
    asyncEnd: atOnce ? nothing : over,
    error: nothing,
  });
}

/** Of a call that took longer than it may. */
const stepsOf = (began: number): string[] =>
  performance.now() - began > patience_s * 1000 + SLACK_MS ? stepsSince(began) : [];

/** The longer steps since then, each with when it began and ended. */
function stepsSince(began: number): string[] {
  const at = (ms: number): string => ((ms - began) / 1000).toFixed(1);
  const shown = steps.filter(({ from, to }) => (to ?? Infinity) > began && (to ?? Infinity) - from > 300);
  return shown.map(({ from, to, what }) => {
    const { kind, ...more } = what;
    const text = JSON.stringify(more).slice(0, 260);
    return `${at(from)}-${to === undefined ? 'now' : at(to)} ${kind} ${text}`;
  });
}

const say = (word: Word): void => void process.stdout.write(`${JSON.stringify(word)}\n`);

type Wish = { [V in Verb]: { verb: V; input: VerbInput[V] } }[Verb];
const wish = <V extends Verb>(verb: V, input: VerbInput[V]): Wish => ({ verb, input }) as unknown as Wish;

/** @returns the items that stand after it, where it was told so */
async function ask(ledger: WorkLedger, wishes: readonly Wish[], atomic = false): Promise<WorkItem[]> {
  calls += 1;
  const call = calls;
  const commands = wishes.map(({ verb, input }) =>
    ledger.work.command(verb, input as VerbInput[typeof verb]),
  );
  const asked: Asked[] = commands.map(({ op, verb }) => ({ op, verb }));
  say({ kind: 'asks', call, asked });
  const began = performance.now();
  const before = starved;
  const took = (): number => Math.round(performance.now() - began);
  try {
    const outcomes = await ledger.work.batch(commands, { atomic });
    const told = outcomes.map((outcome, at) => {
      const op = asked[at]?.op ?? '';
      if (outcome.kind === 'accepted') return { op, kind: outcome.where };
      return { op, kind: outcome.kind, code: 'error' in outcome ? outcome.error.code : undefined };
    });
    say({
      kind: 'told',
      call,
      ms: took(),
      starved_ms: Math.round(starved - before),
      told,
      steps: stepsOf(began),
    });
    return outcomes.flatMap((outcome) => (outcome.kind === 'accepted' && outcome.item ? [outcome.item] : []));
  } catch (error) {
    const defect = !isLedgerError(error) || error.code === 'INTERNAL';
    const details = isLedgerError(error) ? error.details : {};
    const ops = (name: string): string[] => ((details[name] ?? []) as { op: string }[]).map(({ op }) => op);
    say({
      kind: 'failed',
      call,
      ms: took(),
      starved_ms: Math.round(starved - before),
      steps: stepsOf(began),
      code: isLedgerError(error) ? error.code : 'DEFECT',
      message: String(defect && error instanceof Error ? error.stack : error),
      saved: [...ops('saved'), ...ops('sent')],
      withdrawn: ((details.withdrawn ?? []) as unknown[]).length,
      unknown: details.unknown === true,
    });
    return [];
  }
}

const text = (): string => `${actor} ${calls} ${'x'.repeat(below(200))}`;
const some = <T>(from: readonly T[], most: number): T[] =>
  from.length === 0 ? [] : Array.from({ length: 1 + below(most) }, () => pick(from));

async function work(ledger: WorkLedger, id: WorkItem['id']): Promise<void> {
  const execution_id = `exec-${actor}-${seed}-${calls}`;
  const [held] = await ask(ledger, [wish('claim', { id, execution_id })]);
  if (held?.claim?.execution_id !== execution_id) return;
  await finish(ledger, held);
}

async function finish(ledger: WorkLedger, { id, claim }: WorkItem): Promise<void> {
  const held = { id, execution_id: claim?.execution_id, epoch: claim?.epoch };
  if (happens(0.5)) await ask(ledger, [wish('checkpoint', { ...held, checkpoint: { step: text() } })]);
  const end = below(10);
  if (end < 6) await ask(ledger, [wish('complete', { ...held, result: { by: actor } })]);
  else if (end < 8) await ask(ledger, [wish('release', { ...held, reason: 'enough' })]);
  else if (end < 9) await ask(ledger, [wish('fail', { ...held, error: 'it broke' })]);
}

const OPEN_AT_MOST = 80;

async function step(ledger: WorkLedger, offline: WorkLedger): Promise<void> {
  const dice = below(100);
  const items = await ledger.query.list({ limit: 200 });
  if (items.length < 12 || (dice < 22 && items.length < OPEN_AT_MOST)) {
    const titles = Array.from({ length: 1 + below(8) }, text);
    await ask(
      ledger,
      titles.map((title) => wish('create', { fields: { title } })),
      happens(0.3),
    );
  } else if (dice < 60) {
    const ready = await ledger.getReadyToStart();
    if (ready.length > 0) await work(ledger, pick(ready).id);
  } else if (dice < 85) {
    const wishes = some(items, 12).map(({ id }) =>
      happens(0.7)
        ? wish('comment', { id, body: text() })
        : wish('update', { id, patch: { set: { title: text() } } }),
    );
    await ask(ledger, wishes, happens(0.2));
  } else if (dice < 93) {
    await ask(
      offline,
      some(items, 4).map(({ id }) => wish('comment', { id, body: text() })),
    );
  } else if (dice < 96) {
    await ask(ledger, [wish('cancel', { id: pick(items).id, reason: 'not needed' })]);
  } else {
    await ledger.clone.sync().catch((error: unknown) => {
      if (!isLedgerError(error) || error.code === 'INTERNAL')
        say({ kind: 'defect', message: String(error instanceof Error ? error.stack : error) });
    });
  }
}

async function lane(ledger: WorkLedger, offline: WorkLedger): Promise<void> {
  while (!stopped) {
    try {
      await step(ledger, offline);
    } catch (error) {
      if (!isLedgerError(error) || error.code === 'INTERNAL')
        say({ kind: 'defect', message: String(error instanceof Error ? error.stack : error) });
    }
  }
}

/** A clone that joins the ledger has to ask the remote, which may not answer. */
async function open(): Promise<WorkLedger> {
  for (;;) {
    try {
      return await openLedger(options);
    } catch (error) {
      if (!isLedgerError(error, 'REMOTE_UNREACHABLE')) throw error;
    }
  }
}

const ledger = await open();
const offline = await openLedger({ ...options, mode: 'local' });
say({ kind: 'ready' });
for (const item of await ledger.getInProgress({ owner: actor })) await finish(ledger, item);
await Promise.all(Array.from({ length: lanes }, () => lane(ledger, offline)));
await ledger.close();
await offline.close();
say({ kind: 'done' });
process.exit();
