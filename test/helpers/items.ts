import type { NewWork, WorkLedger } from '../../src/index.ts';
import { makeSharedRepo, type SharedRepo, type Transport } from './shared-repo.ts';

/** Creates so many items in one push. @returns their ids, in order */
export async function createItems(
  ledger: WorkLedger,
  count: number,
  fields: Partial<NewWork> = {},
): Promise<string[]> {
  const commands = Array.from({ length: count }, (_, n) =>
    ledger.command('create', { fields: { title: `Item ${n}`, ...fields } }),
  );
  const outcomes = await ledger.batch(commands);
  return outcomes.map((outcome) => {
    if (outcome.kind !== 'accepted' || outcome.item === undefined)
      throw new Error(`not created: ${outcome.kind}`);
    return outcome.item.id;
  });
}

/** A ledger with one item, and a clone of it that has not been used. */
export async function makeOneItem(
  transport: Transport = 'file',
): Promise<{ repo: SharedRepo; dir: string; id: string }> {
  const repo = await makeSharedRepo(transport);
  const first = await repo.init(await repo.clone('first'));
  const [id = ''] = await createItems(first, 1);
  return { repo, dir: await repo.clone('ada'), id };
}
