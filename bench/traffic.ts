import type { Command, WorkLedger } from '../src/index.ts';

type Planned = Parameters<WorkLedger['work']['batch']>[0][number];

/** So many transitions as a busy ledger has them: items are created, and ready ones claimed, checkpointed and completed. */
export async function planTraffic(ledger: WorkLedger, count: number): Promise<Command[]> {
  const ready = await ledger.getReadyToStart({ limit: Math.ceil(count / 4) });
  const commands = ready.flatMap(({ id, claim }, n) => {
    const fence = { execution_id: `exec-bench-${n}`, epoch: (claim?.epoch ?? 0) + 1 };
    const title = `Follow ${id}`;
    return [
      ledger.work.command('create', {
        fields: { title, description: `${title}: look at what it left to do.` },
      }),
      ledger.work.command('claim', { id, execution_id: fence.execution_id }),
      ledger.work.command('checkpoint', { id, checkpoint: { step: 'half', summary: title }, ...fence }),
      ledger.work.command('complete', { id, result: { ok: true }, ...fence }),
    ];
  });
  if (commands.length < count) throw new Error(`Too few items are ready for ${count} transitions.`);
  return commands.slice(0, count);
}

/** Commits them. @throws Error where one is not accepted, since then something else would be measured */
export async function runBatch(ledger: WorkLedger, commands: readonly Planned[]): Promise<void> {
  const outcomes = await ledger.work.batch(commands);
  const other = outcomes.find(({ kind }) => kind !== 'accepted');
  if (other !== undefined) throw new Error(`A transition was ${other.kind}: ${JSON.stringify(other)}`);
}
