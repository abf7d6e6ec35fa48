import { expect, it } from 'vitest';
import { makeWorld } from '../helpers/replicas.ts';
import { AFTER_ALL, randomLife } from './random-life.ts';

it('given clones in memory, without git, when they are verified, then nothing is found', async () => {
  const { replicas, clock } = await makeWorld(['ada', 'bob']);
  clock.advance(AFTER_ALL.now().getTime() - clock.now().getTime());
  for (const [index, { ledger }] of replicas.entries()) {
    await ledger.clone.fetch();
    await ledger.work.batch(randomLife(150, 1_000 * index, await ledger.query.list({ all: true })));
  }
  for (const { ledger } of replicas) {
    await ledger.clone.fetch();
    const { findings, transitions } = await ledger.audit.verify();
    expect(findings).toEqual([]);
    expect(transitions).toBeGreaterThan(100);
  }
});
