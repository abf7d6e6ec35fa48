import { LedgerError } from '../../domain/errors.ts';
import type { WorkId } from '../../domain/ids.ts';
import type { JsonMap, WorkItem } from '../../domain/item.ts';
import { toSafeLine } from '../../domain/text.ts';
import { itemOf, toResult } from '../../ledger/results.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import type { Outcome } from '../../sync/outcome.ts';
import { forgetClaim } from '../following/candidates.ts';
import type { AgentExecutionContext } from './agent.ts';

const TITLE_LENGTH = 100;
/** Bytes that a description may have, and room for a note that it was cut. */
const DESCRIPTION_BYTES = 64 * 1024;

export interface AcquireRequest {
  execution_id: string;
  actor: string;
  ttl_s: number | undefined;
  /** May it take over from another execution of the same actor? From one of this clone, from a certain one, or from none. */
  link: boolean | string;
}

/**
 * Makes an execution the holder of the item it is to work on: claims it, or takes over from another execution of the same actor.
 *
 * @throws LedgerError `ALREADY_CLAIMED` with the holder; as `claimWork`
 */
export async function acquireWork(
  ledger: WorkLedger,
  id: WorkId,
  request: AcquireRequest,
): Promise<WorkItem> {
  const { execution_id, actor, ttl_s, link } = request;
  const item = await ledger.query.find(id);
  const holder = item?.claim?.execution_id;
  const own = item?.status === 'in_progress' && item.owner === actor && holder !== execution_id;
  const from = link === true ? (await ledger.clone.executions()).of(id, actor)?.execution_id : link;
  if (own && from === holder) {
    const proof = { execution_id: holder, epoch: item.claim?.epoch };
    return itemOf(await ledger.linkExecution(id, execution_id, { owner: actor, ...proof }));
  }
  const result = await ledger.claimWork(id, { owner: actor, execution_id, ttl_s });
  if (!result.ok) await forgetClaim(ledger, result);
  return itemOf(result);
}

/** Creates an item for a prompt and claims it, in one push. @throws LedgerError as `createWork` and `claimWork` */
export async function createAndAcquire(
  ledger: WorkLedger,
  prompt: string,
  context: AgentExecutionContext,
  { execution_id, actor, ttl_s }: AcquireRequest,
): Promise<WorkItem> {
  const fields = {
    title: toSafeLine(prompt, TITLE_LENGTH).trim() || 'Prompt without words',
    description: cut(prompt),
    context: itemContext(context),
    swarm_name: context.swarm_name,
  };
  const outcomes = await ledger.work.batch(
    [
      ledger.work.command('create', { fields }, actor),
      (earlier) => ledger.work.command('claim', { id: idOf(earlier[0]), execution_id, ttl_s }, actor),
    ],
    { atomic: true },
  );
  for (const outcome of outcomes) itemOf(toResult(outcome));
  return itemOf(toResult(outcomes[1]));
}

function itemContext({ session_id, item_context }: AgentExecutionContext): JsonMap {
  return { ...(session_id === undefined ? {} : { session_id }), ...item_context };
}

function idOf(outcome: Outcome | undefined): WorkId {
  if (outcome?.kind === 'accepted' && outcome.item !== undefined) return outcome.item.id;
  throw new LedgerError('INTERNAL', 'An item was created without an id.');
}

/** The agent gets the whole prompt; the ledger as much of it as an item can handle. */
function cut(text: string): string {
  const bytes = Buffer.from(text.toWellFormed());
  if (bytes.length <= DESCRIPTION_BYTES) return text.toWellFormed();
  const note = '\n… (cut)';
  const kept = bytes.subarray(0, DESCRIPTION_BYTES - Buffer.byteLength(note));
  // A character that was cut in two goes.
  return `${new TextDecoder().decode(kept, { stream: true })}${note}`;
}
