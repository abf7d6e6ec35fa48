import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createItems, makeOneItem } from '../helpers/items.ts';
import { plainHistory, unsound } from '../helpers/plain-history.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { makeSharedRepo, type SharedRepo } from '../helpers/shared-repo.ts';

/** A hook that lets a push through unless one of its commits is about something with `poison` in its title. */
const NO_POISON = `
while read old new ref; do
  [ "$ref" = refs/heads/work-ledger ] || continue
  git log --format=%B "$old..$new" | grep -q poison && echo 'poison is not allowed here' >&2 && exit 1
done
exit 0`;

const title = (name: string) => ({ fields: { title: name } });

test.each(['file', 'http'] as const)(
  'given a hook that declines one transition of a push over %s, when it is pushed, then that one is lost and kept, and the others stand',
  async (transport) => {
    const repo = await makeSharedRepo(transport);
    const ada = await repo.init(await repo.clone('ada'));
    await repo.hook('pre-receive', NO_POISON);
    const outcomes = await ada.work.batch([
      ada.work.command('create', title('good')),
      ada.work.command('create', title('poison')),
      ada.work.command('create', title('better')),
    ]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['accepted', 'lost', 'accepted']);
    expect(outcomes[1]).toMatchObject({
      error: { code: 'REMOTE_REFUSED', message: expect.stringContaining('poison is not allowed here') },
    });
    const history = await plainHistory(repo.bare);
    expect(unsound(history)).toEqual([]);
    expect(history.map(({ verb }) => verb)).toEqual(['init', 'create', 'create']);
    expect((await ada.query.list()).map((item) => item.title)).toEqual(['good', 'better']);

    const [kept, ...others] = await ada.clone.rejected();
    expect(others).toEqual([]);
    expect(kept).toMatchObject({ verb: 'create', actor: 'ada', error: { code: 'REMOTE_REFUSED' } });
    expect(await ada.clone.applyRejected(kept?.op ?? '')).toMatchObject({
      ok: false,
      code: 'REMOTE_REFUSED',
    });
    await rm(join(repo.bare, 'hooks/pre-receive'));
    expect(await ada.clone.applyRejected(kept?.op ?? '')).toMatchObject({ ok: true, where: 'remote' });
    expect(await ada.clone.rejected()).toEqual([]);
    expect(await ada.audit.verify()).toMatchObject({ ok: true, findings: [] });
  },
);

test.each([
  [
    ['good', 'poison'],
    ['accepted', 'lost'],
  ],
  [
    ['poison', 'good'],
    ['lost', 'accepted'],
  ],
])(
  'given a hook that declines one of two, %j, when they are pushed, then the other stands',
  async (titles, kinds) => {
    const repo = await makeSharedRepo();
    const ada = await repo.init(await repo.clone('ada'));
    await repo.hook('pre-receive', NO_POISON);
    const outcomes = await ada.work.batch(titles.map((name) => ada.work.command('create', title(name))));
    expect(outcomes.map(({ kind }) => kind)).toEqual(kinds);
  },
);

test('given a hook that declines every push, when work is claimed, then it is not claimed, and reads go on', async () => {
  const { repo, dir, id } = await makeOneItem();
  const ada = await repo.open(dir);
  await repo.hook('pre-receive', 'echo "closed for today" >&2; exit 1');
  expect(await ada.claimWork(id)).toMatchObject({
    ok: false,
    code: 'REMOTE_REFUSED',
    message: expect.stringContaining('closed for today'),
  });
  expect(await ada.query.find(id)).toMatchObject({ status: 'pending' });
  expect((await ada.clone.status()).pending).toEqual([]);
});

/** Each puts something else in the place of the shared branch, as someone with rights over the repository can. */
const REWRITES: [what: string, rewrite: (repo: SharedRepo) => Promise<unknown>][] = [
  ['rolled back', ({ git, bare }) => git(bare, 'update-ref', REF, `${REF}~1`)],
  ['deleted', ({ git, bare }) => git(bare, 'update-ref', '-d', REF)],
  [
    'force-pushed',
    async ({ git, bare }) => {
      const tree = await git(bare, 'rev-parse', `${REF}^{tree}`);
      const made = await git(bare, 'commit-tree', '-m', 'another end', '-p', `${REF}~1`, tree);
      await git(bare, 'update-ref', REF, made);
    },
  ],
  [
    'replaced by another ledger',
    async (repo) => {
      const { git, bare, folder } = repo;
      const other = join(folder, 'other');
      await git(folder, 'init', '--quiet', other);
      await createItems(await repo.init(other), 2);
      await git(other, 'push', '--quiet', '--force', bare, `${REF}:${REF}`);
    },
  ],
];
const REF = 'refs/heads/work-ledger';

test.each(REWRITES)(
  'given a shared branch that was %s, when a clone that saw it goes on, then it says so, pushes nothing and loses nothing',
  async (_, rewrite) => {
    const { repo, dir, id } = await makeOneItem();
    const ada = await repo.open(dir);
    await createItems(ada, 2);
    const seen = await repo.git(repo.bare, 'rev-parse', REF);
    await rewrite(repo);
    const remote = await repo.git(repo.bare, 'for-each-ref');

    for (const act of [
      () => ada.createWork({ title: 'Later' }),
      () => ada.claimWork(id),
      () => ada.clone.sync(),
      () => ada.clone.fetch(),
    ]) {
      expect(await refusalOf(act())).toMatchObject({ code: 'HISTORY_REWRITTEN', details: { seen } });
    }
    expect(await repo.git(repo.bare, 'for-each-ref')).toBe(remote);
    const titles = async (): Promise<string[]> => (await ada.query.list()).map((item) => item.title);
    expect(await titles()).toEqual(['Item 0', 'Item 0', 'Item 1', 'Later']);
    expect((await plainHistory(dir)).map(({ commit }) => commit)).toContain(seen);

    await repo.git(dir, 'push', '--quiet', '--force', 'origin', `${seen}:${REF}`);
    await ada.clone.sync();
    expect(await titles()).toEqual(['Item 0', 'Item 0', 'Item 1', 'Later']);
    expect((await ada.clone.status()).pending).toEqual([]);
    expect(unsound(await plainHistory(repo.bare))).toEqual([]);
  },
);
