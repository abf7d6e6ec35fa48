import type { NewWork, WorkLedger } from '../../src/index.ts';

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
