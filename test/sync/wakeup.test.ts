import git from 'isomorphic-git';
import { memfs } from 'memfs';
import { expect, test } from 'vitest';
import { initLedger } from '../../src/index.ts';

test('given calls one after another, when each comes as the last one ends, then none is left waiting', async () => {
  const { fs } = memfs();
  await git.init({ fs, dir: '/clone', defaultBranch: 'main' });
  const { ledger } = await initLedger({ dir: '/clone', fs, actor: 'ada' });
  for (let n = 0; n < 20; n += 1) {
    await ledger.work.batch([ledger.work.command('create', { fields: { title: `Work ${n}` } })]);
  }
  expect(await ledger.query.list()).toHaveLength(20);
});
