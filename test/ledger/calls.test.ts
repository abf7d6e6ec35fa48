import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VERBS } from '../../src/domain/verbs.ts';
import { initLedger } from '../../src/ledger/open.ts';
import type { WorkLedger } from '../../src/ledger/work-ledger.ts';
import { makeTempFolder, makeWorkRepo, type TempFolder } from '../helpers/temp-repo.ts';

const GROUPS = ['work', 'query', 'audit', 'clone', 'admin'] as const;

let folder: TempFolder;
let dir: string;
let ledger: WorkLedger;
let id: string;

type Call = (...values: unknown[]) => unknown;

/** A method without any parameter, as its text has it: its `length` leaves out those with a default. */
const takesNothing = (method: Call): boolean => /^(?:async )?\w+\(\)/.test(String(method));

/** Every call that a user sees, by its group; what ends a ledger apart. */
function callsOf(one: WorkLedger, { takingNothing = true } = {}): [string, Call][] {
  const faces: [string, object][] = [
    ['', one],
    ...GROUPS.map((name): [string, object] => [`${name}.`, one[name]]),
  ];
  return faces.flatMap(([group, face]) => {
    const all = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(face));
    return Object.entries(all).flatMap(([name, { value }]): [string, Call][] =>
      typeof value === 'function' &&
      !['constructor', 'close'].includes(name) &&
      (takingNothing || !takesNothing(value as Call))
        ? [[`${group}${name}`, value.bind(face) as Call]]
        : [],
    );
  });
}

const outcomeOf = async (call: Call, values: unknown[]): Promise<unknown> => {
  try {
    await call(...values);
    return 'taken';
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
};

beforeAll(async () => {
  folder = await makeTempFolder();
  dir = await makeWorkRepo(folder.path);
  ({ ledger } = await initLedger({ dir, actor: 'ada' }));
  ({ id } = await ledger.createWork({ title: 'One' }));
});

afterAll(async () => {
  await ledger.close();
  await folder.cleanup();
});

describe('given any call of the façade', () => {
  test.each([
    ['a number', 1],
    ['a list', [1]],
    ['null', null],
    ['an unknown key', { no_such_key: 1 }],
  ])(
    'when each of its arguments is %s, then it is refused as an input, and nothing breaks',
    async (_, value) => {
      for (const [name, call] of callsOf(ledger, { takingNothing: false })) {
        // It counts minutes.
        if (name === 'getStaleWork' && value === 1) continue;
        const found = await outcomeOf(call, [value, value, value]);
        expect([name, found]).toEqual([name, 'INVALID_INPUT']);
      }
    },
  );

  test('when it is given what it takes and an unknown option, then that is named', async () => {
    const asked: [() => Promise<unknown>, string][] = [
      [() => ledger.getReadyToStart({ swarm: 'dev' } as object), 'swarm_name'],
      [() => ledger.claimWork(id, { onwer: 'bob' } as object), 'owner'],
      [() => ledger.work.claim(id, { owner: 'bob' } as object), 'actor'],
      [() => ledger.query.list({ state: ['pending'] } as object), 'status'],
    ];
    for (const [call, near] of asked) {
      const error = await call().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'INVALID_INPUT' });
      expect(String((error as { details: { near?: string } }).details.near)).toBe(near);
    }
    await expect(ledger.claimWork(id, 'bob' as never)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(ledger.query.list({ status: ['done'] } as object)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  test('when a batch has a command of no verb, then it is refused, and none of the others is made', async () => {
    const no_verb = { ...ledger.work.command('comment', { id, body: 'x' }), verb: 'coment' as never };
    const call = ledger.work.batch([ledger.work.command('comment', { id, body: 'x' }), no_verb]);
    await expect(call).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(ledger.query.permission('coment' as never)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    expect((await ledger.getWork(id)).comments).toEqual([]);
  });

  test.each(VERBS)(
    'when %s is given a part that it does not take, then that is named, and nothing is done',
    async (verb) => {
      const odd = { no_such_key: 1 } as never;
      const command = ledger.work.command(verb, { id, ...(odd as object) } as never);
      const asked: Promise<unknown>[] = [ledger.work.batch([command])];
      if (verb !== 'create' && verb !== 'import') asked.push(ledger.work.act(verb, id, odd));
      for (const call of asked) {
        await expect(call).rejects.toMatchObject({ code: 'INVALID_INPUT', details: { key: 'no_such_key' } });
      }
      const [outcome] = await ledger.work.batch([() => command]);
      expect(outcome).toMatchObject({ kind: 'refused', error: { details: { key: 'no_such_key' } } });
    },
  );

  test('when its signal is given already, then it ends with the reason, and nothing is written', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(ledger.work.comment(id, 'x', { signal })).rejects.toBe(reason);
    await expect(ledger.audit.verify({ signal })).rejects.toBe(reason);
    await expect(ledger.clone.fetch({ signal })).rejects.toBe(reason);
    expect((await ledger.getWork(id)).comments).toEqual([]);
  });

  test('when the ledger is closed, then it is refused', async () => {
    const { ledger: other } = await initLedger({ dir, actor: 'ada' });
    await other.close();
    for (const [name, call] of callsOf(other)) {
      const found = await outcomeOf(call, [id, { title: 'x' }]);
      expect([name, found]).toEqual([name, 'INVALID_INPUT']);
    }
    await other.close();
  });
});
