import type { Holding, WorkLedger } from '../index.ts';
import type { Cli } from './cli.ts';

/**
 * What a holder proves: what it says, or else the claim that it made in this clone. Where this clone made none, only its name
 * is checked.
 */
export async function fenceOf(
  cli: Cli,
  ledger: WorkLedger,
  id: string,
  { execution, epoch }: { execution: string | undefined; epoch: number | undefined },
): Promise<Holding> {
  const execution_id = execution ?? cli.executionId;
  if (execution !== undefined || epoch !== undefined) return { execution_id, epoch };
  const made = (await ledger.executions()).of(id, ledger.actor);
  if (made === undefined || (execution_id !== undefined && execution_id !== made.execution_id)) {
    return { execution_id };
  }
  const item = await ledger.findWork(id);
  // It was given back, and nobody took it since: what it is then done with is a claim of its own.
  const isFree = item?.status === 'pending' && item.claim?.epoch === made.epoch;
  return { execution_id: made.execution_id, epoch: isFree ? undefined : made.epoch };
}
