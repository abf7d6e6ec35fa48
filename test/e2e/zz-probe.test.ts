import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import { leaveLock } from '../helpers/stale-lock.ts';
import { makeSharedRepo } from '../helpers/shared-repo.ts';

test.each([
  ['own', 'refs/heads/work-ledger'],
  ['own', 'refs/work-ledger/seen/origin'],
  ['own', 'refs/remotes/origin/work-ledger'],
  ['remote', 'refs/heads/work-ledger'],
])('%s %s', async (where, ref) => {
  const repo = await makeSharedRepo();
  const first = await repo.init(await repo.clone('first'));
  const work = await first.createWork({ title: 'x' });
  const dir = await repo.clone('ada');
  const ada = await repo.open(dir, { patience: 3000 });
  if (where === 'own') await first.commentOn(work.id, 'hi');
  const lock = await leaveLock(where === 'own' ? join(dir, '.git') : repo.bare, ref);
  const t = Date.now();
  for (const [what, act] of [['fetch', () => ada.fetch()], ['create', () => ada.createWork({ title: 'y' })], ['claim', () => ada.claimWork(work.id)], ['sync', () => ada.sync()]] as const) {
    try { const r = await act(); console.log(where, ref, what, 'ok', JSON.stringify(r)?.slice(0, 200)); }
    catch (e) { const { code, message, hint, details } = e as any; console.log(where, ref, what, code, message, '| hint', hint, JSON.stringify(details)); }
  }
  console.log(Date.now() - t, existsSync(lock));
  rmSync(lock);
  console.log(JSON.stringify(await ada.createWork({ title: 'z' })).slice(0, 100), JSON.stringify((await ada.status()).pending));
});
