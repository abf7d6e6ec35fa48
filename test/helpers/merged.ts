import { join } from 'node:path';
import { expect } from 'vitest';
import type { RefusedPush } from '../../src/githooks/judge.ts';
import { judgePush } from '../../src/githooks/judge.ts';
import type { WorkLedger } from '../../src/index.ts';
import type { Pressed } from './host-buttons.ts';
import { plainHistory } from './plain-history.ts';
import { does, type Review } from './proposals.ts';

const LEDGER = 'refs/heads/work-ledger';

/** What others do meanwhile: to what depends on the item, to another, and a new one. */
export async function moveOn({ repo, ids: [, , after, free] }: Review): Promise<void> {
  const dan = await repo.open(await repo.clone('dan'));
  await does(dan, 'comment', { id: after, body: 'soon' });
  await does(dan, 'claim', { id: free, execution_id: 'dan-1' });
  await does(dan, 'create', { fields: { title: 'Another' } });
}

/** Puts on the branch what a button made, where the server would take it. */
export async function land(review: Review, pressed: Pressed): Promise<void> {
  if (pressed.kind === 'conflict') throw new Error(pressed.said);
  expect(await judge(review, pressed)).toBeUndefined();
  await review.host.land(pressed);
}

/** What the server would say of it. */
export async function judge({ repo }: Review, pressed: Pressed): Promise<RefusedPush | undefined> {
  if (pressed.kind === 'conflict') throw new Error(pressed.said);
  return judgePush(repo.bare, [{ ref: LEDGER, old: pressed.old, now: pressed.tip }]);
}

/** The transition stands once, everywhere, and what waited for it is ready. */
export async function expectWhole(
  { repo, ids: [id, , after] }: Review,
  { bob, cy }: { bob: WorkLedger; cy: WorkLedger },
  merger: string | null,
): Promise<void> {
  await bob.clone.sync();
  expect(await bob.query.find(id)).toMatchObject({ status: 'completed', review: { verdict: 'approved' } });
  expect((await bob.getReadyToStart()).map((item) => item.id)).toContain(after);
  expect(await bob.audit.verify({ since_last: true })).toMatchObject({ ok: true, findings: [] });
  expect(await bob.audit.verify()).toMatchObject({ ok: true, findings: [] });
  expect(await cy.clone.sync()).toMatchObject({ lost: [] });
  const fresh = await repo.open(await repo.clone('fresh'));
  for (const ledger of [bob, cy, fresh]) {
    const approvals = (await ledger.audit.history(id)).filter(({ verb }) => verb === 'approve');
    expect(approvals).toMatchObject([{ actor: 'pull-request', merged_by: merger, to: 'completed' }]);
  }
  expect(await fresh.audit.blame(id)).toContainEqual(
    expect.objectContaining({ field: 'status', by: expect.objectContaining({ verb: 'approve' }) }),
  );
  const transitions = (await plainHistory(repo.bare)).filter(({ parents }) => parents.length < 2);
  const bodies = await repo.git(repo.bare, 'log', '--no-merges', '--format=%B', 'work-ledger');
  const ops = bodies.match(/^Work-Op: .*$/gm) ?? [];
  expect(new Set(ops).size).toBe(ops.length);
  expect(ops.length).toBe(transitions.length);
  expect(await repo.git(join(repo.folder, 'cy'), 'rev-parse', 'work-ledger')).toBe(
    await repo.git(repo.bare, 'rev-parse', 'work-ledger'),
  );
  expect(await cy.audit.verify()).toMatchObject({ ok: true, findings: [] });
}
