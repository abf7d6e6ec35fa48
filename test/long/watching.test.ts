import { expect, test } from 'vitest';
import type { HistoryEntry, WorkItem } from '../../src/index.ts';
import { makeSharedRepo, type SharedRepo } from '../helpers/shared-repo.ts';
import { runWl, WlProcess } from '../helpers/wl-process.ts';

const QUICK = ['--interval', '1'];

async function given() {
  const repo = await makeSharedRepo();
  const [ada, bob] = [await repo.clone('ada'), await repo.clone('bob')];
  const ledger = await repo.init(ada);
  return { repo, ada, bob, ledger, other: await repo.open(bob) };
}

/** What stands on the shared branch after `commit`, by plain git, oldest first. */
async function commitsAfter({ git, bare }: SharedRepo, commit: string): Promise<string[]> {
  const listed = await git(bare, 'rev-list', '--reverse', `${commit}..work-ledger`);
  return listed.split('\n').filter((line) => line !== '');
}

const commitsOf = (watching: WlProcess): string[] =>
  watching.json<HistoryEntry>().map(({ commit }) => commit);

test('given a watch in one clone, when the other works, then each transition is printed once and in order', async () => {
  const { repo, ada, other, ledger } = await given();
  const start = (await ledger.query.asOf()).tip;
  const watching = new WlProcess(ada, ['watch', ...QUICK]);
  await watching.until(() => watching.stderr.includes(`watching from ${start}`));
  for (const title of ['One', 'Two', 'Three']) {
    const { id } = await other.createWork({ title });
    await other.claimWork(id);
    await other.completeWork(id);
  }
  // Another process of the watching clone counts as well.
  await ledger.createWork({ title: 'Four' });
  await other.admin.configure({ max_attempts: 9 });
  await watching.until(() => watching.lines.length >= 11);
  expect(commitsOf(watching)).toEqual(await commitsAfter(repo, start));
  expect(await watching.kill('SIGTERM')).toBe(0);
  expect(watching.lines).toHaveLength(11);
});

test('given a watch that is killed again and again, when it begins anew from the last line it got out, then nothing is missed', async () => {
  const { repo, ada, other, ledger } = await given();
  const start = (await ledger.query.asOf()).tip;
  let last = start;
  const handled: string[] = [];
  const work = (async () => {
    for (let n = 0; n < 12; n += 1) {
      const { id } = await other.createWork({ title: `Work ${n}` });
      await other.completeWork(id, { claim: true });
    }
  })();
  for (let round = 1; round <= 4; round += 1) {
    const watching = new WlProcess(ada, ['watch', '--from', last, ...QUICK]);
    await watching.until(() => watching.lines.length >= 3);
    await watching.kill('SIGKILL');
    // The last line may be torn; what is handled is what was read whole.
    const got = commitsOf(watching);
    handled.push(...got);
    last = got.at(-1) ?? last;
  }
  await work;
  const all = await commitsAfter(repo, start);
  const watching = new WlProcess(ada, ['watch', '--from', last, ...QUICK]);
  const left = all.slice(all.indexOf(last) + 1);
  await watching.until(() => watching.lines.length >= left.length);
  expect([...handled, ...commitsOf(watching)]).toEqual(all);
});

test('given a reader that has seen enough, when the next line comes, then the watch ends without a word', async () => {
  const { ada, ledger, other } = await given();
  const watching = new WlProcess(ada, ['watch', '--from', (await ledger.query.asOf()).tip, ...QUICK]);
  await other.createWork({ title: 'One' });
  await watching.until(() => watching.lines.length === 1);
  watching.child.stdout.destroy();
  await other.createWork({ title: 'Two' });
  expect(await watching.ended).toBe(0);
  expect(watching.stderr.split('\n').filter((line) => line !== '')).toHaveLength(1);
});

test('given a remote that goes away and comes back, when it is watched, then that is said once, and nothing is missed', async () => {
  const { repo, ada, other, ledger } = await given();
  const watching = new WlProcess(ada, ['watch', '--from', (await ledger.query.asOf()).tip, ...QUICK]);
  await other.createWork({ title: 'One' });
  await watching.until(() => watching.lines.length === 1);
  await repo.goAway();
  await watching.until(() => watching.stderr.includes('cannot be reached'));
  await repo.comeBack();
  await other.createWork({ title: 'Two' });
  await watching.until(() => watching.lines.length === 2);
  await watching.until(() => watching.stderr.includes('answers again'));
  expect(watching.stderr.match(/cannot be reached/g)).toHaveLength(1);
});

test('given a shared branch that was set back, when it is watched, then the watch ends with status 10', async () => {
  const { repo, ada, ledger, other } = await given();
  const before = (await ledger.query.asOf()).tip;
  const watching = new WlProcess(ada, ['watch', '--json', ...QUICK]);
  await watching.until(() => watching.stderr.includes('watching from'));
  await other.createWork({ title: 'One' });
  await watching.until(() => watching.lines.length === 1);
  await repo.git(repo.bare, 'update-ref', 'refs/heads/work-ledger', before);
  expect(await watching.ended).toBe(10);
  expect(watching.stderr).toContain('HISTORY_REWRITTEN');
});

test('given lines that were merged by hand, when they arrive, then a watch prints all of both, and goes on', async () => {
  const { repo, ada, bob, ledger, other } = await given();
  const { id } = await other.createWork({ title: 'One' });
  await ledger.clone.fetch();
  const start = (await ledger.query.asOf()).tip;
  await other.work.comment(id, 'Main line.');
  // A second line from the same start, made in a clone that never pushed it.
  const side = await repo.clone('side');
  await repo.git(side, 'update-ref', 'refs/heads/work-ledger', start);
  const aside = await repo.open(side, { mode: 'local' });
  await aside.createWork({ title: 'Aside' });
  const tip = (await aside.query.asOf()).tip;
  await repo.git(bob, 'fetch', '--quiet', side, 'work-ledger');
  const merge = ['-c', 'user.name=x', '-c', 'user.email=x@x', 'merge', '--quiet', '--no-edit', tip];
  await repo.git(bob, 'worktree', 'add', '--quiet', '../merging', 'work-ledger');
  await repo.git(`${repo.folder}/merging`, ...merge);
  await repo.git(`${repo.folder}/merging`, 'push', '--quiet', 'origin', 'work-ledger');

  const watching = new WlProcess(ada, ['watch', '--from', start, ...QUICK]);
  await watching.until(() => watching.lines.length === 3);
  await ledger.clone.fetch();
  await ledger.createWork({ title: 'After' });
  await watching.until(() => watching.lines.length === 4);
  expect(
    watching
      .json<HistoryEntry>()
      .map(({ verb }) => verb)
      .sort(),
  ).toEqual(['comment', 'create', 'create', 'merge']);
  expect(new Set(commitsOf(watching))).toEqual(new Set(await commitsAfter(repo, start)));
  for (const from of commitsOf(watching)) {
    const again = new WlProcess(ada, ['watch', '--from', from, ...QUICK]);
    const missing = await commitsAfter(repo, from);
    await again.until(() => again.lines.length >= missing.length && again.stderr.includes('watching from'));
    expect(commitsOf(again)).toEqual(missing);
    await again.kill();
  }
});

test('given a wait in one clone, when the other completes the item, then the wait ends with its result', async () => {
  const { ada, other, ledger } = await given();
  const { id } = await ledger.createWork({ title: 'One' });
  const waiting = new WlProcess(ada, ['wait', id, '--json', ...QUICK]);
  await other.clone.fetch();
  await other.claimWork(id);
  await other.completeWork(id, { result: { commit: 'c0ffee' } });
  expect(await waiting.ended).toBe(0);
  const [reply] = waiting.json<{ data: WorkItem }>();
  expect(reply?.data).toMatchObject({ id, status: 'completed', result: { commit: 'c0ffee' } });
});

test('given a question from one clone, when the other answers it, then the work goes on there with the answer', async () => {
  const { repo, ada, bob, ledger } = await given();
  const { id } = await ledger.createWork({ title: 'Ship it' });
  await ledger.claimWork(id, { execution_id: 'e1' });
  const asked = await runWl(ada, ['escalate', 'Ship?', '--option', 'yes', '--json'], {
    WL_WORK_ID: id,
    WL_EXECUTION_ID: 'e1',
  });
  expect(await asked.ended).toBe(10);
  const escalation = asked.json<{ data: { id: string } }>()[0]?.data.id ?? '';
  const waiting = new WlProcess(ada, ['wait', id, '--for', 'in_progress', '--json', ...QUICK]);
  const answered = await runWl(bob, ['answer', escalation, '--option', 'yes'], { WL_ACTOR: 'bob' });
  expect(await answered.ended).toBe(0);
  expect(await waiting.ended).toBe(0);
  expect(waiting.json<{ data: WorkItem }>()[0]?.data).toMatchObject({
    claim: { execution_id: 'e1', epoch: 1 },
    context: { answers: { [escalation]: { question: 'Ship?', answer: 'yes', by: 'bob' } } },
  });
  await ledger.clone.fetch();
  expect(await ledger.audit.verify()).toMatchObject({ ok: true, findings: [] });
  expect(await repo.git(repo.bare, 'log', '--format=%an %s', '-3', 'work-ledger')).toContain('bob unblock');
});

test('given four that wait in two clones, when four items appear, then each claims one', async () => {
  const { repo, ada, bob, ledger } = await given();
  const names = ['a', 'b', 'c', 'd'];
  const waiting = names.map(
    (name, n) =>
      new WlProcess(n % 2 === 0 ? ada : bob, ['next', '--claim', '--wait', '--json'], {
        WL_ACTOR: name,
        WL_EXECUTION_ID: `e-${name}`,
      }),
  );
  const third = await repo.open(await repo.clone('third'));
  for (const n of [1, 2, 3, 4]) await third.createWork({ title: `Work ${n}` });
  expect(await Promise.all(waiting.map((one) => one.ended))).toEqual([0, 0, 0, 0]);
  const got = waiting.map((one) => one.json<{ data: WorkItem }>()[0]?.data);
  expect(new Set(got.map((item) => item?.id)).size).toBe(4);
  expect(got.map((item) => item?.claim?.execution_id)).toEqual(names.map((name) => `e-${name}`));
  await ledger.clone.fetch();
  expect((await ledger.getInProgress()).map(({ owner }) => owner).sort()).toEqual(names);
  expect(await ledger.clone.rejected()).toEqual([]);
  expect(await ledger.audit.verify()).toMatchObject({ ok: true, findings: [] });
});

test('given one that waits for something to claim, when it is interrupted, then it ends with status 130, and holds nothing', async () => {
  const { ada, ledger } = await given();
  const not_before = new Date(Date.now() + 3_600_000).toISOString();
  await ledger.createWork({ title: 'Later', not_before });
  const waiting = new WlProcess(ada, ['next', '--claim', '--wait']);
  const { fetched_at } = await ledger.query.asOf();
  // It has begun to wait once it asks the remote again.
  while ((await ledger.query.asOf()).fetched_at === fetched_at)
    await new Promise((next) => setTimeout(next, 50));
  expect(await waiting.kill('SIGINT')).toBe(130);
  await ledger.clone.fetch();
  expect(await ledger.getInProgress()).toEqual([]);
});
