import { spawnSync } from 'node:child_process';
import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LedgerError } from '../../src/domain/errors.ts';
import { SqliteCloneLock } from '../../src/store/clone-lock.ts';
import { FileMailbox } from '../../src/store/mailbox.ts';
import { type Clerk, Desk } from '../../src/sync/desk.ts';
import type { LedgerCommand } from '../../src/sync/draft.ts';
import type { Group } from '../../src/sync/local.ts';
import type { Outcome } from '../../src/sync/outcome.ts';
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
class FakeClerk implements Clerk<string> {
  readonly done: string[] = [];
  readonly adopted: string[] = [];
  readonly begun: string[] = [];
  readonly #name: string;
  readonly #ends = new Map<string, (failure?: Error) => void>();

  constructor(name: string) {
    this.#name = name;
  }

  async submit(asked: Group): Promise<Outcome[]> {
    const op = opOf(asked);
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

  async adopt(asked: Group, _publish: boolean, before: string): Promise<Outcome[]> {
    this.adopted.push(`${opOf(asked)} ${before}`);
    return doneBy(`${this.#name}, in place of a dead one`, opOf(asked));
  }

  async end(op: string, failure?: Error): Promise<void> {
    while (!this.begun.includes(op)) await new Promise((resolve) => setTimeout(resolve, 1));
    this.#ends.get(op)?.(failure);
  }
}

describe('the processes of one clone', () => {
  let folder: TempFolder;
  let mail: string;
  beforeEach(async () => {
    folder = await makeTempFolder();
    mail = join(folder.path, 'mail');
  });
  afterEach(() => folder.cleanup());

  /** Each as in a process of its own. */
  const makeDesk = (name: string) => {
    const clerk = new FakeClerk(name);
    const desk = new Desk(new SqliteCloneLock(folder.path), new FileMailbox(mail), clerk);
    return { clerk, ask: (op: string) => desk.submit(group(op), true), desk };
  };
  const letters = (): string[] => {
    try {
      return readdirSync(mail);
    } catch {
      return [];
    }
  };
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
  };

  test('given nobody at work, when one asks, then it does its work itself and leaves nothing behind', async () => {
    const ada = makeDesk('ada');
    const asked = ada.ask('first');
    await ada.clerk.end('first');
    expect(await asked).toEqual(doneBy('ada', 'first'));
    expect(letters()).toEqual([]);
  });

  test('given one at work, when others ask, then that one does it and each gets its own answer', async () => {
    const [ada, bob, eve] = [makeDesk('ada'), makeDesk('bob'), makeDesk('eve')];
    const first = ada.ask(OPS[0]);
    await until(() => ada.clerk.begun.length > 0);
    const others = [bob.ask(OPS[1]), eve.ask(OPS[2])];
    await until(() => ada.clerk.begun.length === 3);
    for (const op of [...OPS].reverse()) await ada.clerk.end(op);
    expect(await Promise.all([first, ...others])).toEqual(OPS.map((op) => doneBy('ada', op)));
    await Promise.all([ada, bob, eve].map(({ desk }) => desk.close()));
    expect(letters()).toEqual([]);
  });

  test('given work for another, when it fails, then the other is told the same: code, hint and details', async () => {
    const [ada, bob] = [makeDesk('ada'), makeDesk('bob')];
    const first = ada.ask('first');
    await until(() => ada.clerk.begun.length > 0);
    const second = bob.ask('second');
    const failure = new LedgerError('REMOTE_UNREACHABLE', 'It is away.', {
      hint: 'wl sync',
      details: { saved: ['x'] },
    });
    const told = expect(second).rejects.toMatchObject({
      code: 'REMOTE_UNREACHABLE',
      message: 'It is away.',
      hint: 'wl sync',
      details: { saved: ['x'] },
    });
    await ada.clerk.end('second', failure);
    await told;
    await expect(second).rejects.toBeInstanceOf(LedgerError);
    await ada.clerk.end('first');
    await first;
  });

  test('given one at work that is done with its own, when another asks meanwhile, then the other takes its seat', async () => {
    const [ada, bob, eve] = [makeDesk('ada'), makeDesk('bob'), makeDesk('eve')];
    const first = ada.ask('first');
    await until(() => ada.clerk.begun.length > 0);
    const second = bob.ask('second');
    await until(() => ada.clerk.begun.length === 2);
    await ada.clerk.end('first');
    await first;
    const third = eve.ask('third');
    await until(() => letters().some((name) => name.endsWith('.asked')));
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(ada.clerk.begun).not.toContain('third');
    await ada.clerk.end('second');
    await second;
    await eve.clerk.end('third');
    expect(await third).toEqual(doneBy('eve', 'third'));
  });

  test('given one that took a letter and died, when its seat is free, then what became of it is found out', async () => {
    const bob = makeDesk('bob');
    const dead = new SqliteCloneLock(folder.path);
    let die = (): void => undefined;
    const seat = dead.run('serve', () => new Promise<void>((resolve) => (die = resolve)));
    const asked = bob.ask('first');
    await until(() => letters().some((name) => name.endsWith('.asked')));
    expect(new FileMailbox(mail).take()).toHaveLength(1);
    die();
    await seat;
    expect(await asked).toEqual(doneBy('bob, in place of a dead one', 'first'));
    expect(bob.clerk.adopted).toEqual(['first as it was']);
    expect(bob.clerk.begun).toEqual([]);
  });

  test('given a command that is known only later, when one is at work, then it waits for the seat and is not handed over', async () => {
    const [ada, bob] = [makeDesk('ada'), makeDesk('bob')];
    const first = ada.ask('first');
    await until(() => ada.clerk.begun.length > 0);
    const later = bob.desk.submit({ commands: [() => ({}) as LedgerCommand], atomic: true }, true);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(ada.clerk.begun).toEqual(['first']);
    await ada.clerk.end('first');
    await first;
    await bob.clerk.end('made later');
    expect(await later).toEqual(doneBy('bob', 'made later'));
  });

  test('given a letter whose process has ended, when the mail is taken, then it is thrown away unread', async () => {
    const box = new FileMailbox(mail);
    const name = box.post('{}') ?? '';
    const [scope, , rest] = name.split('.');
    const { pid } = spawnSync(process.execPath, ['-e', '0']);
    renameSync(join(mail, `${name}.asked`), join(mail, `${scope}.${pid}.${rest}.asked`));
    writeFileSync(join(mail, `${scope}.${pid}.${rest}.answered`), '{}');
    expect(box.take()).toEqual([]);
    expect(letters()).toEqual([]);
  });

  test('given a place that cannot be written, when one is at work, then the others wait for the seat', async () => {
    writeFileSync(mail, 'a file where the folder should be');
    const [ada, bob] = [makeDesk('ada'), makeDesk('bob')];
    const first = ada.ask('first');
    await until(() => ada.clerk.begun.length > 0);
    const second = bob.ask('second');
    await new Promise((resolve) => setTimeout(resolve, 60));
    await ada.clerk.end('first');
    await first;
    await bob.clerk.end('second');
    expect(await second).toEqual(doneBy('bob', 'second'));
  });
});
