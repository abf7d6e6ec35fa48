import { readFileSync } from 'node:fs';
import { attemptsAllowed, isExhausted } from '../../domain/holding.ts';
import type { WorkItem } from '../../domain/item.ts';
import type { LedgerSettings } from '../../domain/settings.ts';
import { connectionOf } from '../../ledger/connection.ts';
import { type Abandoned, giveBack } from '../../ledger/recover.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import type { ExecutionMemory, RememberedExecution } from './execution-memory.ts';
import { standingOf } from './lease-handle.ts';

/**
 * Gives back, without waiting for their leases, items of executions that are certainly gone: those that `memory` has as `left`.
 * What is blocked meanwhile is kept as `parked`. For what has no attempt left an escalation is opened, as for orphaned work.
 *
 * @returns the items that are pending again, or failed since they have used their attempts
 * @throws LedgerError `REMOTE_UNREACHABLE` and others that pass: what is left then is left still
 */
export async function releaseOrphaned(ledger: WorkLedger, memory: ExecutionMemory): Promise<WorkItem[]> {
  const left = memory.list().filter(({ state }) => state === 'left');
  if (left.length === 0) return [];
  // A program that outlived the process that started it would go on beside the next one.
  await Promise.all(left.flatMap(({ process }) => (process === null ? [] : [endGroup(process)])));
  await ledger.clone.fetch();
  const open = [...(await ledger.getInProgress()), ...(await ledger.getBlocked())];
  const settings = await ledger.query.settings();
  const held: (RememberedExecution & { abandoned: Abandoned })[] = [];
  for (const execution of left) {
    const item = open.find(({ claim }) => claim?.execution_id === execution.execution_id);
    const standing = standingOf(item, execution);
    if (standing === 'held' && item !== undefined)
      held.push({ ...execution, abandoned: abandonedBy(execution, item, settings) });
    else if (standing === 'blocked' && item !== undefined)
      memory.remember({ ...execution, id: item.id, state: 'parked' });
    else memory.forget(execution.execution_id);
  }
  const given = await giveBack(
    connectionOf(ledger),
    ledger.work,
    held.map(({ abandoned }) => abandoned),
  );
  // What could not be given back moved meanwhile: the next time tells where to.
  for (const [at, { execution_id }] of held.entries()) if (given[at]) memory.forget(execution_id);
  return given.flatMap((one) => (one === undefined ? [] : [one.item]));
}

function abandonedBy(
  { execution_id }: RememberedExecution,
  item: WorkItem,
  settings: LedgerSettings,
): Abandoned {
  const attempt = `attempt ${item.attempts} of ${attemptsAllowed(item, settings)}`;
  const reason = `the process of ${execution_id} is gone; epoch ${item.claim?.epoch ?? 'none'}, ${attempt}`;
  return { item, reason, exhausted: isExhausted(item, settings) };
}

const GRACE_MS = 5_000;
const LOOK_MS = 50;

/**
 * A process by a name that no other ever has: machine start, number, and its own start.
 *
 * @returns `undefined` where it is gone, or the system does not tell
 */
export function identify(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name stands in brackets, and may hold anything.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const started = fields[18];
    return started === undefined || state === 'Z' ? undefined : `${boot}/${pid}/${started}`;
  } catch {
    // No such process, or a system without these files.
    return undefined;
  }
}

/** Ends the group of a process that is certainly the one of that name: asks, and after a while does not. */
async function endGroup(identity: string): Promise<void> {
  const pid = Number(identity.split('/')[1]);
  const lives = (): boolean => identify(pid) === identity;
  const kill = (signal: NodeJS.Signals): void => {
    try {
      if (lives()) process.kill(-pid, signal);
    } catch {
      // It ended in the meantime, or is another user's now, and then not the one that was meant.
    }
  };
  kill('SIGTERM');
  kill('SIGCONT');
  for (let waited = 0; lives() && waited < GRACE_MS; waited += LOOK_MS)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  kill('SIGKILL');
}
