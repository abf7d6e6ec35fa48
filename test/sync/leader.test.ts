import { spawnSync } from 'node:child_process';
import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LedgerError } from '../../src/domain/errors.ts';
import { systemMachine } from '../../src/ledger/options.ts';
import { SqliteCloneLock } from '../../src/store/clone-lock.ts';
import { FileState } from '../../src/store/local-state.ts';
import { FileRequestQueue } from '../../src/store/request-queue.ts';
import type { LedgerCommand } from '../../src/sync/draft.ts';
import { Leader, type Manner, type Meeting, type Work, type WorkHandler } from '../../src/sync/leader.ts';
import type { Group } from '../../src/sync/local.ts';
import type { Outcome } from '../../src/sync/outcome.ts';
import type { CloneLock } from '../../src/sync/ports.ts';
import { makeTempFolder, type TempFolder } from '../helpers/temp-repo.ts';

const OPS = ['first', 'second', 'third'] as const;
const group = (op: string): Group => ({
  commands: [
    { op, verb: 'comment', id: 'WRK-20260103-0001', actor: 'ada', at: '', body: op } as LedgerCommand,
  ],
  atomic: false,
});
const opOf = ({ commands }: Group): string => {
  const [command] = commands;
  return typeof command === 'object' ? command.op : 'made later';
};
const doneBy = (name: string, op: string): Outcome[] => [
  { kind: 'accepted', op, item: undefined, event: undefined, commit: name, where: 'local' },
];

/** A stand-in for what decides and commits, which is done when it is told so. */
class FakeHandler implements WorkHandler<string> {
  readonly done: string[] = [];
  readonly takenOver: string[] = [];
  readonly begun: string[] = [];
  readonly #name: string;
  readonly #ends = new Map<string, (failure?: Error) => void>();

  constructor(name: string) {
    this.#name = name;
  }

  /** What was done around a leader. */
  readonly around: string[] = [];

  async perform(work: Work, { around }: Manner): Promise<Outcome[]> {
    const op = work.kind === 'write' ? opOf(work.group) : work.kind;
    if (around) this.around.push(op);
    this.begun.push(op);
    await new Promise<void>((resolve, reject) => {
      this.#ends.set(op, (failure) => (failure === undefined ? resolve() : reject(failure)));
    });
    this.done.push(op);
    return doneBy(this.#name, op);
  }

  async remember(): Promise<string> {
    return 'as it was';
  }

  async takeOver(asked: Group, before: string): Promise<Outcome[]> {
    this.takenOver.push(`${opOf(asked)} ${before}`);
    return doneBy(`${this.#name}, in place of a dead one`, opOf(asked));
  }

  async end(op: string, failure?: Error): Promise<void> {
    while (!this.begun.includes(op)) await new Promise((resolve) => setTimeout(resolve, 1));
    this.#ends.get(op)?.(failure);
  }
}

describe('the processes of one clone', () => {
  let folder: TempFolder;
  let dir: string;
  beforeEach(async () => {
    folder = await makeTempFolder();
    dir = join(folder.path, 'dir');
  });
  afterEach(() => folder.cleanup());

  /** Each as in a process of its own. */
  const makeLeader = (name: string, given: Partial<Meeting> = {}) => {
    const handler = new FakeHandler(name);
    const { turn } = systemMachine;
    const lock = new SqliteCloneLock(folder.path);
    const state = new FileState(join(folder.path, 'state'));
    const requestQueue = new FileRequestQueue(dir);
    const { clock } = systemMachine;
    const leader = new Leader(
      { lock, requestQueue, clock, state, turn, patience: 60_000, ...given },
      handler,
    );
    return { handler, ask: (op: string) => leader.lead({ kind: 'write', group: group(op) }), leader };
  };
  const requests = (): string[] => {
    try {
      return readdirSync(dir);
    } catch {
      return [];
    }
  };
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
  };

  test('given nobody at work, when one asks, then it does its work itself and leaves nothing behind', async () => {
    const ada = makeLeader('ada');
    const asked = ada.ask('first');
    await ada.handler.end('first');
    expect(await asked).toEqual(doneBy('ada', 'first'));
    expect(requests()).toEqual([]);
  });

  test('given one at work, when others ask, then that one does it and each gets its own answer', async () => {
    const [ada, bob, eve] = [makeLeader('ada'), makeLeader('bob'), makeLeader('eve')];
    const first = ada.ask(OPS[0]);
    await until(() => ada.handler.begun.length > 0);
    const others = [bob.ask(OPS[1]), eve.ask(OPS[2])];
    await until(() => ada.handler.begun.length === 3);
    for (const op of [...OPS].reverse()) await ada.handler.end(op);
    expect(await Promise.all([first, ...others])).toEqual(OPS.map((op) => doneBy('ada', op)));
    await Promise.all([ada, bob, eve].map(({ leader }) => leader.close()));
    expect(requests()).toEqual([]);
  });

  test('given work for another, when it fails, then the other is told the same: code, hint and details', async () => {
    const [ada, bob] = [makeLeader('ada'), makeLeader('bob')];
    const first = ada.ask('first');
    await until(() => ada.handler.begun.length > 0);
    const second = bob.ask('second');
    const failure = new LedgerError('REMOTE_UNREACHABLE', 'It is away.', {
      hint: 'wl sync',
      details: { unknown: true },
    });
    const told = expect(second).rejects.toMatchObject({
      code: 'REMOTE_UNREACHABLE',
      message: 'It is away.',
      hint: 'wl sync',
      details: { unknown: true },
    });
    await ada.handler.end('second', failure);
    await told;
    await expect(second).rejects.toBeInstanceOf(LedgerError);
    await ada.handler.end('first');
    await first;
  });

  test('given one at work that is done with its own, when another asks meanwhile, then the other takes its seat', async () => {
    const [ada, bob, eve] = [makeLeader('ada'), makeLeader('bob'), makeLeader('eve')];
    const first = ada.ask('first');
    await until(() => ada.handler.begun.length > 0);
    const second = bob.ask('second');
    await until(() => ada.handler.begun.length === 2);
    await ada.handler.end('first');
    await first;
    const third = eve.ask('third');
    await until(() => requests().some((name) => name.endsWith('.asked')));
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(ada.handler.begun).not.toContain('third');
    await ada.handler.end('second');
    await second;
    await eve.handler.end('third');
    expect(await third).toEqual(doneBy('eve', 'third'));
  });

  test('given one that took a request and died, when the lead is free, then what became of it is found out', async () => {
    const bob = makeLeader('bob');
    const dead = new SqliteCloneLock(folder.path);
    let die = (): void => undefined;
    const seat = dead.run('serve', () => new Promise<void>((resolve) => (die = resolve)));
    const asked = bob.ask('first');
    await until(() => requests().some((name) => name.endsWith('.asked')));
    expect(new FileRequestQueue(dir).receive()).toHaveLength(1);
    die();
    await seat;
    expect(await asked).toEqual(doneBy('bob, in place of a dead one', 'first'));
    expect(bob.handler.takenOver).toEqual(['first as it was']);
    expect(bob.handler.begun).toEqual([]);
  });

  test('given a request that died with its leader, when the process that waits for it leads for another caller, then it is ended in that term', async () => {
    const bob = makeLeader('bob');
    const dead = new SqliteCloneLock(folder.path);
    let die = (): void => undefined;
    const seat = dead.run('serve', () => new Promise<void>((resolve) => (die = resolve)));
    const first = bob.ask('first');
    await until(() => requests().some((name) => name.endsWith('.asked')));
    expect(new FileRequestQueue(dir).receive()).toHaveLength(1);
    die();
    await seat;
    const second = bob.ask('second');
    expect(await first).toEqual(doneBy('bob, in place of a dead one', 'first'));
    await bob.handler.end('second');
    expect(await second).toEqual(doneBy('bob', 'second'));
  });

  test('given a request that died with its leader, when others lead all the time, then its caller waits no longer than its time', async () => {
    // A second of the machine is twenty: less is waited than for a leader that stands still.
    const clock = { ...systemMachine.clock, elapsed: () => performance.now() * 20 };
    const taken: CloneLock = {
      run: async (_name, _task, giveUp = async () => false, pause = async () => undefined) => {
        while (!(await giveUp())) {
          // Whoever leads gives signs of life.
          new FileState(join(folder.path, 'state')).set('serving', String(performance.now()));
          await pause(1);
        }
        return undefined;
      },
    };
    const bob = makeLeader('bob', { clock, lock: taken, patience: 3_000 });
    const asked = bob.ask('first');
    await until(() => requests().some((name) => name.endsWith('.asked')));
    expect(new FileRequestQueue(dir).receive()).toHaveLength(1);
    expect(await asked).toEqual(doneBy('bob, in place of a dead one', 'first'));
    expect(bob.handler.takenOver).toEqual(['first as it was']);
  });

  describe('given a leader that stands still', () => {
    /** A second of the machine is a thousand. */
    const fast = { ...systemMachine.clock, elapsed: () => performance.now() * 1000 };
    let goOn: () => void = () => undefined;
    let still: Promise<unknown>;
    beforeEach(async () => {
      const started = new Promise<void>((begun) => {
        const task = (): Promise<void> =>
          new Promise((resolve) => {
            goOn = resolve;
            begun();
          });
        still = new SqliteCloneLock(folder.path).run('serve', task);
      });
      await started;
    });
    afterEach(async () => {
      goOn();
      await still;
    });

    test('when others ask, then they go around it, and the next one does not wait again', async () => {
      const bob = makeLeader('bob', { clock: fast });
      const first = bob.ask('first');
      await bob.handler.end('first');
      expect(await first).toEqual(doneBy('bob', 'first'));
      const second = bob.ask('second');
      await bob.handler.end('second');
      expect(await second).toEqual(doneBy('bob', 'second'));
      expect(bob.handler.around).toEqual(['first', 'second']);
      expect(requests()).toEqual([]);
    });

    test('and had taken the request, when its caller goes around it, then what became of it is found out, and its answer is not waited for', async () => {
      const bob = makeLeader('bob', { clock: fast });
      const asked = bob.ask('first');
      await until(() => requests().some((name) => name.endsWith('.asked')));
      const queue = new FileRequestQueue(dir);
      const [request] = queue.receive();
      expect(await asked).toEqual(doneBy('bob, in place of a dead one', 'first'));
      expect(queue.isAwaited(request?.name ?? '')).toBe(false);
    });
  });

  test('given a leader that works for long, when others wait, then they see that it lives', async () => {
    const ada = makeLeader('ada');
    const first = ada.ask('first');
    await until(() => ada.handler.begun.length > 0);
    const beat = () => new FileState(join(folder.path, 'state')).get('serving');
    await until(() => beat() !== undefined);
    const before = beat();
    await until(() => beat() !== before);
    await ada.handler.end('first');
    await first;
  });

  test('given a command that is known only later, when one is at work, then it waits for the seat and is not handed over', async () => {
    const [ada, bob] = [makeLeader('ada'), makeLeader('bob')];
    const first = ada.ask('first');
    await until(() => ada.handler.begun.length > 0);
    const later = bob.leader.lead({
      kind: 'write',
      group: { commands: [() => ({}) as LedgerCommand], atomic: true },
    });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(ada.handler.begun).toEqual(['first']);
    await ada.handler.end('first');
    await first;
    await bob.handler.end('made later');
    expect(await later).toEqual(doneBy('bob', 'made later'));
  });

  test('given a request whose process has ended, when the queue is taken, then it is thrown away unread', async () => {
    const box = new FileRequestQueue(dir);
    const name = box.post('{}') ?? '';
    const [scope, , rest] = name.split('.');
    const { pid } = spawnSync(process.execPath, ['-e', '0']);
    renameSync(join(dir, `${name}.asked`), join(dir, `${scope}.${pid}.${rest}.asked`));
    writeFileSync(join(dir, `${scope}.${pid}.${rest}.answered`), '{}');
    expect(box.receive()).toEqual([]);
    expect(requests()).toEqual([]);
  });

  test('given a place that cannot be written, when one is at work, then the others wait for the seat', async () => {
    writeFileSync(dir, 'a file where the folder should be');
    const [ada, bob] = [makeLeader('ada'), makeLeader('bob')];
    const first = ada.ask('first');
    await until(() => ada.handler.begun.length > 0);
    const second = bob.ask('second');
    await new Promise((resolve) => setTimeout(resolve, 60));
    await ada.handler.end('first');
    await first;
    await bob.handler.end('second');
    expect(await second).toEqual(doneBy('bob', 'second'));
  });
});
