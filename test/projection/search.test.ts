import git from 'isomorphic-git';
import { memfs } from 'memfs';
import { expect, test } from 'vitest';
import { initLedger, type WorkLedger } from '../../src/index.ts';

async function someWork(): Promise<WorkLedger> {
  const { fs } = memfs();
  await git.init({ fs, dir: '/repo' });
  const { ledger } = await initLedger({ fs, dir: '/repo', actor: 'ada' });
  await ledger.createWork({ title: 'Mend the Übersicht of tokens', priority: 'low' });
  await ledger.createWork({ title: 'Write docs', description: 'about token-based access, "quoted"' });
  await ledger.createWork({ title: 'Nothing to do with it', labels: ['token'] });
  return ledger;
}

const found = async (ledger: WorkLedger, text: string): Promise<string[]> =>
  (await ledger.query.search(text)).map(({ id }) => id.slice(-1));

test('given some work, when a word is searched, then items with a word that begins so are found, most urgent first', async () => {
  const ledger = await someWork();
  expect(await found(ledger, 'token')).toEqual(['2', '3', '1']);
  expect(await found(ledger, 'tok')).toEqual(['2', '3', '1']);
  expect(await found(ledger, 'TOKENS')).toEqual(['1']);
  expect(await found(ledger, 'ubersicht')).toEqual(['1']);
  expect(await found(ledger, 'token docs')).toEqual(['2']);
  expect(await found(ledger, 'oken')).toEqual([]);
  expect(await ledger.query.countFound('token')).toBe(3);
  expect(await ledger.query.search('token', { limit: 1 })).toHaveLength(1);
});

test('given a text with the signs of a query language, when it is searched, then they mean nothing', async () => {
  const ledger = await someWork();
  expect(await found(ledger, '"quoted"')).toEqual(['2']);
  expect(await found(ledger, 'token-based')).toEqual(['2']);
  expect(await found(ledger, 'title:docs')).toEqual([]);
  for (const text of ['', '  ', '*', '"', 'NEAR(', 'a OR', 'docs) AND (', '-docs', 'docs*', '\u0000docs'])
    expect(Array.isArray(await ledger.query.search(text)), text).toBe(true);
});

test('given what changes after a search, when it is searched again, then it is found as it stands', async () => {
  const ledger = await someWork();
  expect(await found(ledger, 'parser')).toEqual([]);
  const { id } = await ledger.createWork({ title: 'A parser' });
  expect(await found(ledger, 'parser')).toEqual(['4']);
  await ledger.work.update(id, { set: { title: 'A lexer' } });
  expect(await found(ledger, 'parser')).toEqual([]);
  await ledger.completeWork(id, { claim: true });
  expect(await found(ledger, 'lexer')).toEqual(['4']);
  await ledger.work.delete(id);
  expect(await found(ledger, 'lexer')).toEqual([]);
  expect((await ledger.audit.history(id)).map(({ verb }) => verb)).toEqual([
    ...['create', 'update', 'claim', 'complete', 'delete'],
  ]);
});
