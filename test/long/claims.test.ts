import { expect, test } from 'vitest';
import { createItems } from '../helpers/items.ts';
import { fsck, plainHistory, unsound } from '../helpers/plain-history.ts';
import { makeSharedRepo } from '../helpers/shared-repo.ts';
import { runWorkers } from '../helpers/worker-process.ts';

const CLONES = 8;
const CLAIMS = 25;

test.each(['file', 'http'] as const)(
  `given ${CLONES} clones over %s, when each claims the same ${CLAIMS} items, then each is claimed and done once, and every other claim is told so`,
  async (transport) => {
    const repo = await makeSharedRepo(transport);
    const first = await repo.init(await repo.clone('first'));
    const ids = await createItems(first, CLAIMS);
    const dirs = await Promise.all(Array.from({ length: CLONES }, (_, n) => repo.clone(`clone-${n}`)));

    const workers = await runWorkers(
      dirs.map((dir, n) => ({ dir, actor: `agent-${n}`, task: { kind: 'take', ids } })),
    );

    const history = await plainHistory(repo.bare);
    expect(unsound(history)).toEqual([]);
    const done = history.filter(({ verb }) => verb === 'complete');
    expect(done.map(({ item }) => item).sort()).toEqual(ids);
    const acknowledged = workers.flatMap((worker) => worker.acknowledged);
    expect(acknowledged.map(({ op }) => op).sort()).toEqual(
      history.flatMap(({ verb, op }) => (verb === 'claim' || verb === 'complete' ? [op] : [])).sort(),
    );
    const answers = workers
      .flatMap(({ said }) => said)
      .filter((one) => 'verb' in one && one.verb === 'claim');
    expect(answers).toHaveLength(CLONES * CLAIMS);
    // A claim that comes too late finds the item held, or done already.
    const refusals = answers.flatMap((one) => ('code' in one ? [one.code] : []));
    expect(new Set([...refusals, 'ALREADY_CLAIMED', 'ILLEGAL_TRANSITION']).size).toBe(2);

    await fsck(repo.bare);
    await first.clone.fetch();
    expect(await first.audit.verify()).toMatchObject({ ok: true, findings: [] });
  },
);
