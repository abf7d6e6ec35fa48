import { expect, test } from 'vitest';
import { AgentExecutorPool, recoverSilent } from '../../../src/agents.ts';
import { makeWorld } from '../../helpers/replicas.ts';

test('given work that this process runs, when nobody can see that, then it does not recover it itself; another would', async () => {
  const world = await makeWorld(['ada', 'bob']);
  const [ada, bob] = world.replicas.map(({ ledger }) => ledger);
  if (ada === undefined || bob === undefined) throw new Error('two were made');
  const { id } = await ada.createWork({ title: 'One' });
  const done = Promise.withResolvers<void>();
  const began = Promise.withResolvers<string>();
  const pool = new AgentExecutorPool({
    ledger: ada,
    async *agent({ execution_id }) {
      began.resolve(execution_id);
      yield { type: 'text', text: 'up' };
      await done.promise;
    },
  });
  const running = Array.fromAsync(pool.execute({}, '', { work_id: id }));
  const execution_id = await began.promise;
  const runs = (one: string): boolean => pool.runs(one);

  world.clock.advance(26 * 3_600_000);
  expect([runs(execution_id), runs('another')]).toEqual([true, false]);
  expect(await recoverSilent(ada, { runs })).toEqual([]);
  expect(await recoverSilent(bob)).toMatchObject([{ id, status: 'pending' }]);
  done.resolve();
  await expect(running).rejects.toMatchObject({ code: 'STALE_EPOCH' });
  expect(runs(execution_id)).toBe(false);
  await pool.close();
});

test('given a remote that is read, and its presence is not, when old work is recovered, then nobody is taken for silent', async () => {
  const world = await makeWorld(['ada', 'bob']);
  const [ada, bob] = world.replicas;
  if (ada === undefined || bob === undefined) throw new Error('two were made');
  const { id } = await ada.ledger.createWork({ title: 'One' });
  await ada.ledger.claimWork(id);
  world.clock.advance(26 * 3_600_000);
  bob.connection.beforeList = async () => {
    bob.connection.cut = true;
  };
  await expect(recoverSilent(bob.ledger)).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
  expect((await ada.ledger.getWork(id)).status).toBe('in_progress');
});
