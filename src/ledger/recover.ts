import { EXHAUSTED } from '../domain/attempts.ts';
import type { NewWork } from '../domain/commands.ts';
import { LedgerError } from '../domain/errors.ts';
import { signOf } from '../domain/holding.ts';
import type { WorkId } from '../domain/ids.ts';
import type { Checkpoint, WorkItem } from '../domain/item.ts';
import { toSafeLine } from '../domain/text.ts';
import type { Planned } from '../sync/local.ts';
import type { Outcome } from '../sync/outcome.ts';
import { describeEvidence, type OrphanedWork } from './orphans.ts';
import type { WorkLedger } from './work-ledger.ts';

/** An item that was given back, or that failed since no attempt is left: then with the escalation that was opened. */
export type RecoveredWork = OrphanedWork & { escalation?: WorkId };

/** Gives back what `orphans` are, in one push, and opens an escalation for each that has no attempt left. */
export async function recoverOrphans(
  ledger: WorkLedger,
  orphans: readonly OrphanedWork[],
  actor: string | undefined,
): Promise<RecoveredWork[]> {
  const commands: Planned[] = [];
  const places = orphans.map((orphan) => {
    const reason = describeEvidence(orphan.evidence);
    const at = commands.push(
      ledger.command('recover', { id: orphan.id, reason, observed: signOf(orphan) }, actor),
    );
    if (orphan.evidence.exhausted) commands.push(escalate(ledger, orphan, at - 1, actor));
    return at - 1;
  });
  const outcomes = await ledger.batch(commands);
  const recovered: RecoveredWork[] = [];
  for (const [index, { evidence, id }] of orphans.entries()) {
    const at = places[index] ?? 0;
    const done = itemIn(outcomes[at]);
    const escalation = evidence.exhausted ? itemIn(outcomes[at + 1]) : undefined;
    if (done !== undefined) {
      recovered.push({
        ...done,
        evidence,
        ...(escalation === undefined ? {} : { escalation: escalation.id }),
      });
    } else if (escalation !== undefined && !(await hasFailed(ledger, id))) {
      // The holder was faster, so there is nothing to decide.
      await ledger.cancelWork(escalation.id, { actor, reason: `${id} gave a sign of life` });
    }
  }
  return recovered;
}

const itemIn = (outcome: Outcome | undefined): WorkItem | undefined =>
  outcome?.kind === 'accepted' ? outcome.item : undefined;

const hasFailed = async (ledger: WorkLedger, id: WorkId): Promise<boolean> =>
  (await ledger.findWork(id))?.error?.startsWith(EXHAUSTED) ?? false;

function escalate(ledger: WorkLedger, orphan: OrphanedWork, at: number, actor: string | undefined): Planned {
  return (earlier) => {
    const failed = itemIn(earlier[at]);
    if (failed?.status === 'failed') return ledger.command('create', { fields: escalationOf(orphan) }, actor);
    throw new LedgerError('NOT_READY', `${orphan.id} did not fail, so there is nothing to escalate.`);
  };
}

const TITLE_LENGTH = 500;
const TEXT_LENGTH = 20_000;

/** Assigned to who created the work, so that no worker takes the question for work. */
function escalationOf(orphan: OrphanedWork): NewWork {
  const { id, title, priority, created_by, checkpoint, claim, evidence } = orphan;
  return {
    title: toSafeLine(`Exhausted: ${id} ${title}`, TITLE_LENGTH).trim(),
    type: 'escalation',
    priority,
    owner: created_by,
    description: [
      `${id} was claimed ${evidence.attempts} times, and no attempt ended with a result.`,
      `The last one: ${describeEvidence(evidence)}.`,
      `Its last checkpoint: ${describeCheckpoint(checkpoint)}`,
      `To give it new attempts: wl retry ${id} --reset. To leave it: wl cancel this item.`,
    ].join('\n\n'),
    links: [{ kind: 'related', target: id }],
    idempotency_key: `exhausted:${id}:${claim?.epoch ?? 0}`,
  };
}

function describeCheckpoint(checkpoint: Checkpoint | undefined): string {
  if (checkpoint === undefined) return 'none.';
  const { at, attempt, data: _, ...said } = checkpoint;
  return `of attempt ${attempt}, ${at}\n\n${JSON.stringify(said, null, 2).slice(0, TEXT_LENGTH)}`;
}
