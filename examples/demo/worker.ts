// An agent of the demo: takes what is ready, works in steps with a checkpoint after each, finishes, and goes on until nothing
// is left. A crash at any moment loses at most the step it was in.
import { setTimeout as sleep } from 'node:timers/promises';
import { isLedgerError, openLedger, type WorkItem } from '../../src/index.ts';

const [dir = '.', name = 'worker', stepsText = '3', stepMs = '250'] = process.argv.slice(2);
const STEPS = Number(stepsText);
const ledger = await openLedger({ dir, actor: name });

function tell(event: string, item?: WorkItem, more: Record<string, unknown> = {}): void {
  process.stdout.write(
    `${JSON.stringify({ who: name, event, id: item?.id, title: item?.title, ...more })}\n`,
  );
}

async function work(item: WorkItem): Promise<void> {
  const done = Number(item.checkpoint?.step ?? 0);
  tell(done > 0 ? 'resumes' : 'claims', item, {
    step: done,
    epoch: item.claim?.epoch,
    attempt: item.attempts,
  });
  for (let step = done + 1; step <= STEPS; step += 1) {
    await sleep(Number(stepMs) * (0.5 + Math.random()));
    if (step === STEPS) break;
    const summary = `step ${step} of ${STEPS} is done`;
    const saved = await ledger.work.checkpoint(item.id, { step: String(step), summary });
    if (!saved.ok) return tell('loses', item, { why: saved.message });
    tell('checkpoint', item, { step });
  }
  const finished = await ledger.completeWork(item.id, { result: { by: name } });
  tell(finished.ok ? 'completes' : 'loses', item, finished.ok ? {} : { why: finished.message });
}

async function takeNext(): Promise<WorkItem | undefined> {
  const ready = await ledger.getReadyToStart({ actor: name });
  for (const { id } of ready.slice(0, 3)) {
    const claimed = await ledger.claimWork(id);
    if (claimed.ok) return claimed.item;
    tell('is too late', undefined, { id, why: claimed.message });
  }
  return undefined;
}

for (;;) {
  try {
    const item = await takeNext();
    if (item !== undefined) {
      await work(item);
      continue;
    }
    await ledger.clone.fetch();
    for (const orphan of await ledger.recoverOrphanedWork()) tell('recovers', orphan);
    if ((await ledger.getReadyToStart({ actor: name })).length > 0) continue;
    if ((await ledger.getInProgress()).length === 0) break;
    await sleep(300);
  } catch (error) {
    if (!isLedgerError(error)) throw error;
    tell('goes on', undefined, { why: error.message });
  }
}
tell('stops');
await ledger.close();
