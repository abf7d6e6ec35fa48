import git from 'isomorphic-git';
import { memfs } from 'memfs';
import { expect, test, vi } from 'vitest';
import { getWorkLedger, initLedger, type OpenOptions, openLedger } from '../../src/index.ts';
import { IsomorphicStore } from '../../src/isomorphic/store.ts';
import { makePair, until } from '../agents/pair.ts';
import { refusalOf } from '../helpers/refusal.ts';

const REASON = new Error('enough');
const never = (): Promise<never> => new Promise(() => undefined);

/** A clone without a ledger whose remote takes a call and answers nothing. */
async function makeUnanswered(): Promise<{ options: OpenOptions; asked: () => boolean }> {
  const { ada } = await makePair();
  const { fs } = memfs();
  await git.init({ fs, dir: '/clone', defaultBranch: 'main' });
  let asked = false;
  ada.connection.fetch = () => {
    asked = true;
    return never();
  };
  const options = { dir: '/clone', fs, actor: 'eve', connect: () => ada.connection };
  return { options, asked: () => asked };
}

test('given a push that hangs, when its call is aborted, then it ends at once and says what this clone keeps, and the next sync shares that', async () => {
  const { ada, bob } = await makePair();
  let hangs = false;
  let release = (): void => undefined;
  ada.connection.beforePush = () => {
    hangs = true;
    return new Promise((resolve) => {
      release = resolve;
    });
  };
  const abort = new AbortController();
  const call = ada.ledger.work.create({ title: 'One', signal: abort.signal });
  await until(() => hangs);
  abort.abort(REASON);

  const error = await refusalOf(call);
  expect(error).toMatchObject({ code: 'TIMED_OUT', cause: REASON });
  expect(error.details).toMatchObject({ saved: [{ verb: 'create' }], unknown: true });
  expect(await bob.ledger.query.list()).toEqual([]);

  ada.connection.beforePush = async () => undefined;
  release();
  await ada.ledger.clone.sync();
  await bob.ledger.clone.fetch();
  expect(await bob.ledger.query.list()).toMatchObject([{ title: 'One' }]);
});

test('given a fetch that hangs, when its call is aborted, then it ends with the reason, and nothing is written', async () => {
  const { ada } = await makePair();
  let asked = false;
  ada.connection.fetch = () => {
    asked = true;
    return never();
  };
  const abort = new AbortController();
  const call = ada.ledger.clone.fetch({ signal: abort.signal });
  await until(() => asked);
  abort.abort(REASON);
  await expect(call).rejects.toBe(REASON);
  expect((await ada.ledger.clone.status()).pending).toEqual([]);
});

test.each([
  ['openLedger', openLedger],
  ['initLedger', initLedger],
  ['getWorkLedger', getWorkLedger],
] as const)(
  'given a remote that does not answer, when %s is aborted, then it ends with the reason',
  async (_, open) => {
    const { options, asked } = await makeUnanswered();
    const abort = new AbortController();
    const opening = open({ ...options, signal: abort.signal });
    await until(asked);
    abort.abort(REASON);
    await expect(opening).rejects.toBe(REASON);
  },
);

test('given a signal that was aborted before, when a ledger is opened, then nothing is begun', async () => {
  const { options, asked } = await makeUnanswered();
  await expect(openLedger({ ...options, signal: AbortSignal.abort(REASON) })).rejects.toBe(REASON);
  expect(asked()).toBe(false);
});

test.each([
  ['openLedger', openLedger],
  ['initLedger', initLedger],
] as const)('given a remote that refuses, when %s fails, then nothing is left open', async (_, open) => {
  const { options } = await makeUnanswered();
  const closed = vi.spyOn(IsomorphicStore.prototype, 'close');
  const connection = options.connect?.({} as never);
  const connect = () => Object.assign(connection as object, { fetch: () => Promise.reject(REASON) }) as never;
  await expect(open({ ...options, connect })).rejects.toBe(REASON);
  expect(closed).toHaveBeenCalledTimes(1);
  await expect(open({ ...options, connect, branch: '..' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  expect(closed).toHaveBeenCalledTimes(2);
  closed.mockRestore();
});
