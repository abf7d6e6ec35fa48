import { describe, expect, test, vi } from 'vitest';
import { listPresence, type PresenceEntry, type WorkLedger } from '../../src/index.ts';
import { deadlyGit } from '../helpers/deadly-git.ts';
import { createItems } from '../helpers/items.ts';
import { fsck } from '../helpers/plain-history.ts';
import { PresentProcess } from '../helpers/present-process.ts';
import { makeSharedRepo, type SharedRepo } from '../helpers/shared-repo.ts';

/** Short, so that a test sees several signs; nothing here rests on how many. */
const TTL_MS = 8_000;
const LONG_MS = 3_600_000;
const UNTIL = { timeout: 120_000, interval: 200 };

async function observed(transport: 'file' | 'http' = 'file') {
  const repo = await makeSharedRepo(transport);
  const observer = await repo.init(await repo.clone('observer'));
  const ids = await createItems(observer, 2);
  return { repo, observer, ids, dir: await repo.clone('worker') };
}

const entriesOf = async (ledger: WorkLedger): Promise<PresenceEntry[]> =>
  (await listPresence(ledger)).entries;

async function onlyOne(ledger: WorkLedger): Promise<Extract<PresenceEntry, { kind: 'present' }>> {
  const [entry, ...others] = await entriesOf(ledger);
  if (entry?.kind !== 'present' || others.length > 0) throw new Error('one was to be present');
  return entry;
}

const refsOf = (repo: SharedRepo): Promise<string> =>
  repo.git(repo.bare, 'for-each-ref', '--format=%(refname)', 'refs/work-ledger/presence');

describe.each(['file', 'http'] as const)('given a process at work, over %s', (transport) => {
  test('when it lives, then others see its signs; killed, its last one stays and never changes; and history has none', async () => {
    const { repo, observer, ids, dir } = await observed(transport);
    const before = await repo.git(repo.bare, 'rev-parse', 'work-ledger');
    const worker = new PresentProcess({ dir, actor: 'swarm/worker', ttl_ms: TTL_MS, ids });
    await vi.waitFor(async () => expect((await onlyOne(observer)).record.seq).toBeGreaterThan(1), UNTIL);
    const { session } = await worker.next('started');
    expect(await onlyOne(observer)).toMatchObject({
      name: `swarm%2fworker.${session}`,
      record: { agent: 'swarm/worker', program: 'present', executions: ids.map((id) => ({ id })) },
    });

    await worker.kill();
    await vi.waitFor(
      async () => expect((await onlyOne(observer)).silent_s).toBeGreaterThan(TTL_MS / 1000),
      UNTIL,
    );
    const last = await onlyOne(observer);
    expect(await refsOf(repo)).toBe(`refs/work-ledger/presence/${last.name}`);
    expect(await repo.git(repo.bare, 'rev-parse', 'work-ledger')).toBe(before);
    expect(await repo.git(repo.bare, 'rev-list', '--count', last.oid)).toBe('1');
    await fsck(repo.bare);
    await fsck(dir);
  });

  test('when it ends as it should, then its sign is gone', async () => {
    const { repo, observer, ids, dir } = await observed(transport);
    const worker = new PresentProcess({ dir, actor: 'worker', ttl_ms: LONG_MS, ids });
    expect(await worker.beat()).toMatchObject({ taken: true, supported: true });
    expect(await entriesOf(observer)).toHaveLength(1);
    await worker.end();
    expect(await entriesOf(observer)).toEqual([]);
    expect(await refsOf(repo)).toBe('');
  });
});

test('given a process that is killed while it pushes a sign, when others go on in the clone, then all of it is whole', async () => {
  const { repo, observer, ids, dir } = await observed();
  for (const when of ['before', 'after'] as const) {
    const PATH = deadlyGit(repo.folder, { command: 'push', when, victim: 'caller' });
    const doomed = new PresentProcess({ dir, actor: when, ttl_ms: LONG_MS, ids }, { PATH });
    await expect(doomed.beat()).rejects.toThrow();
  }
  const worker = new PresentProcess({ dir, actor: 'worker', ttl_ms: LONG_MS, ids });
  expect(await worker.beat()).toMatchObject({ taken: true });
  const present = (await entriesOf(observer)).map((one) =>
    one.kind === 'present' ? one.record.agent : one.kind,
  );
  expect(present.toSorted()).toEqual(['after', 'worker']);
  await fsck(dir);
  await fsck(repo.bare);
});

test('given a git that is killed while it pushes a sign, when the next one is due, then it takes its place', async () => {
  const { repo, observer, ids, dir } = await observed();
  for (const when of ['before', 'after'] as const) {
    const PATH = deadlyGit(repo.folder, { command: 'push', when, victim: 'git' });
    const worker = new PresentProcess({ dir, actor: 'worker', ttl_ms: LONG_MS, ids }, { PATH });
    expect(await worker.beat()).toMatchObject({ taken: false, supported: true });
    expect(await worker.beat()).toMatchObject({ taken: true, supported: true });
    const { session } = await worker.next('started');
    expect(await onlyOne(observer)).toMatchObject({ name: `worker.${session}`, record: { seq: 2 } });
    await worker.end();
  }
});

test('given processes of one clone and of its linked worktree, some under one name, when all are at work, then each is listed', async () => {
  const { repo, observer, ids, dir } = await observed();
  const linked = `${repo.folder}/linked`;
  await repo.git(dir, 'worktree', 'add', '--quiet', '--detach', linked, 'origin/work-ledger');
  const jobs = [
    { dir, actor: 'ada' },
    { dir, actor: 'ada' },
    { dir, actor: 'ada/bob' },
    { dir: linked, actor: 'ada' },
    { dir: linked, actor: 'ADA' },
  ];
  const workers = jobs.map((job) => new PresentProcess({ ...job, ttl_ms: LONG_MS, ids }));
  await Promise.all(workers.map((worker) => worker.next('started')));
  const beats = await Promise.all(workers.map((worker) => worker.beat()));
  expect(beats.map(({ taken }) => taken)).toEqual(jobs.map(() => true));
  const present = (await entriesOf(observer)).map((one) =>
    one.kind === 'present' ? one.record.agent : one.kind,
  );
  expect(present.toSorted()).toEqual(['ADA', 'ada', 'ada', 'ada', 'ada/bob']);
  await Promise.all(workers.map((worker) => worker.end()));
  expect(await refsOf(repo)).toBe('');
  await fsck(dir);
});

test('given a remote that goes away, when it stays away for two thirds of a lease, then the holder is told to stop; when it is back, signs go on', async () => {
  const { repo, observer, ids, dir } = await observed();
  const [short = '', long = ''] = ids;
  const worker = new PresentProcess({ dir, actor: 'worker', ttl_ms: TTL_MS, ids: [short] });
  const other = new PresentProcess({ dir, actor: 'other', ttl_ms: LONG_MS, ids: [long] });
  await Promise.all([worker.beat(), other.beat()]);
  await repo.goAway();
  expect(await worker.next('lost')).toMatchObject({ execution_id: expect.stringContaining(short) });
  expect(await other.beat()).toMatchObject({ taken: false, supported: true });
  await repo.comeBack();
  expect(await worker.beat()).toMatchObject({ taken: true });
  expect(await other.beat()).toMatchObject({ taken: true });
  expect(worker.said.filter(({ kind }) => kind === 'lost')).toHaveLength(1);
  expect(other.said.filter(({ kind }) => kind === 'lost')).toEqual([]);
  const listed = (await entriesOf(observer)).flatMap((one) =>
    one.kind === 'present' ? one.record.executions : [],
  );
  expect(listed.map(({ id }) => id)).toEqual([long]);
});

test('given a process that stands still past its lease, when it wakes, then it stops before it gives a sign', async () => {
  const { observer, ids, dir } = await observed();
  const worker = new PresentProcess({ dir, actor: 'worker', ttl_ms: TTL_MS, ids: ids.slice(0, 1) });
  await worker.beat();
  worker.stop('SIGSTOP');
  await vi.waitFor(
    async () => expect((await onlyOne(observer)).silent_s).toBeGreaterThan(TTL_MS / 1000),
    UNTIL,
  );
  worker.stop('SIGCONT');
  await worker.next('lost');
  expect(await worker.beat()).toMatchObject({ taken: true });
  expect((await onlyOne(observer)).record.executions).toEqual([]);
});

const ONLY_BRANCHES = `
while read old new ref; do
  case "$ref" in refs/heads/*) ;; *) echo 'only branches' >&2; exit 1 ;; esac
done`;

describe.each(['file', 'http'] as const)('given a host that takes only branches, over %s', (transport) => {
  test('when a process is at work, then it is told once, checkpoints are the signs, and transitions go on', async () => {
    const { repo, observer, ids, dir } = await observed(transport);
    const [id = ''] = ids;
    await repo.hook('pre-receive', ONLY_BRANCHES);
    const ledger = await repo.open(dir);
    await ledger.claimWork(id);
    const job = { dir, actor: 'worker', ttl_ms: TTL_MS, ids: [id], renews: true };
    const worker = new PresentProcess(job);
    expect(await worker.beat()).toMatchObject({ taken: false, supported: false });
    await worker.next('renewed');
    await worker.end();
    const next = new PresentProcess(job);
    await next.next('renewed');
    await next.end();
    expect([...worker.said, ...next.said].filter(({ kind }) => kind === 'notice')).toEqual([
      { kind: 'notice', code: 'PRESENCE_REFUSED' },
    ]);
    expect(await listPresence(observer)).toMatchObject({ fresh: true, entries: [] });
    await observer.clone.fetch();
    const history = await observer.audit.history(id);
    expect(history.filter(({ verb }) => verb === 'checkpoint').length).toBeGreaterThanOrEqual(2);
  });

  test('when presence is set to a branch of its own, then it is taken', async () => {
    const { repo, observer, ids, dir } = await observed(transport);
    await repo.hook('update', 'case "$1" in refs/heads/*) exit 0 ;; esac; echo no >&2; exit 1');
    for (const clone of [dir, `${repo.folder}/observer`]) {
      await repo.git(clone, 'config', 'ledger.presence', 'refs/heads/presence');
    }
    const worker = new PresentProcess({ dir, actor: 'worker', ttl_ms: LONG_MS, ids });
    expect(await worker.beat()).toMatchObject({ taken: true });
    expect(await worker.beat()).toMatchObject({ taken: true });
    const fresh = await repo.open(`${repo.folder}/observer`);
    expect((await onlyOne(fresh)).record.seq).toBe(2);
    expect(await entriesOf(observer)).toEqual([]);
    await worker.end();
    expect(await entriesOf(fresh)).toEqual([]);
  });
});

test('given a host where branches only go forward, when presence is set to be a branch, then it is told once, and not tried for ever', async () => {
  const { repo, ids, dir } = await observed();
  await repo.git(repo.bare, 'config', 'receive.denyNonFastForwards', 'true');
  await repo.git(dir, 'config', 'ledger.presence', 'refs/heads/presence');
  const worker = new PresentProcess({ dir, actor: 'worker', ttl_ms: LONG_MS, ids });
  expect(await worker.beat()).toMatchObject({ taken: true, supported: true });
  expect(await worker.beat()).toMatchObject({ taken: false, supported: false });
  expect(await worker.next('notice')).toMatchObject({ code: 'PRESENCE_REFUSED' });
  await worker.end();
});
