import type { WorkLedger } from '../index.ts';
import type { Reply } from './reply.ts';
import { whereabouts } from './transition.ts';

/** The reply to a change of files beside items: what was done and where that is, or that there was nothing to do. */
export function configured(
  ledger: WorkLedger,
  data: { paths: readonly string[] },
  done: string | undefined,
  nothing: string,
): Reply {
  const where = ledger.mode === 'push' ? 'remote' : 'local';
  return {
    kind: 'files',
    data: { ...data, changed: done !== undefined },
    lines: [done === undefined ? nothing : `${done}${whereabouts(ledger, where)}`],
    ids: [],
    where: ledger.remote === null ? undefined : where,
  };
}
