import type { WorkLedger } from '../index.ts';
import type { Reply } from './reply.ts';
import { whereabouts } from './transition.ts';

/** The reply to a change of the ledger itself: what was done and where that is, or that there was nothing to do. */
export function configured(
  ledger: WorkLedger,
  { kind, ...data }: { kind: string } & Record<string, unknown>,
  done: string | undefined,
  nothing: string,
): Reply {
  const where = ledger.mode === 'push' ? 'remote' : 'local';
  return {
    kind,
    data,
    lines: [done === undefined ? nothing : `${done}${whereabouts(ledger, where)}`],
    ids: [],
    where: ledger.remote === null ? undefined : where,
  };
}
