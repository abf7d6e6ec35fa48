import { join } from 'node:path';
import type { NewWork, WorkLedger } from '../../src/index.ts';
import { makeSharedRepo, type SharedRepo, Template, type Transport } from './shared-repo.ts';

/** Creates so many items in one push. @returns their ids, in order */
export async function createItems(
  ledger: WorkLedger,
  count: number,
  fields: Partial<NewWork> = {},
): Promise<string[]> {
  const commands = Array.from({ length: count }, (_, n) =>
    ledger.work.command('create', { fields: { title: `Item ${n}`, ...fields } }),
  );
  const outcomes = await ledger.work.batch(commands);
  return outcomes.map((outcome) => {
    if (outcome.kind !== 'accepted' || outcome.item === undefined)
      throw new Error(`not created: ${outcome.kind}`);
    return outcome.item.id;
  });
}

const oneItem = new Template((repo) => makeItem(repo));

/** A ledger with one item, and a clone of it that has not been used. */
export async function makeOneItem(
  transport: Transport = 'file',
): Promise<{ repo: SharedRepo; dir: string; id: string }> {
  if (transport === 'file') {
    const { repo, value } = await oneItem.copy();
    return { repo, dir: join(repo.folder, 'ada'), id: value };
  }
  const repo = await makeSharedRepo(transport);
  const id = await makeItem(repo);
  return { repo, dir: join(repo.folder, 'ada'), id };
}

async function makeItem(repo: SharedRepo): Promise<string> {
  const first = await repo.init(await repo.clone('first'));
  const [id = ''] = await createItems(first, 1);
  await repo.clone('ada');
  return id;
}
