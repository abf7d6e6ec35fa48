import type { RejectedTransition } from '../../index.ts';
import type { Run } from '../command.ts';
import { columns, styled } from '../render/line.ts';
import { shortTime } from '../render/time.ts';

export const run: Run<Record<never, never>> = async ({ cli }) => {
  const ledger = await cli.open();
  const all = await ledger.rejected();
  if (all.length === 0 && cli.world.stdout.isTTY) cli.notice('nothing was rejected');
  const rows = all.map(({ op, id, verb, actor, at, error }) => [
    styled('dim', op),
    verb,
    styled('bold', id ?? '-'),
    actor,
    shortTime(at),
    error.message,
  ]);
  return { kind: 'rejected', data: all.map(toRecord), lines: columns(rows), ids: all.map(({ op }) => op) };
};

/** A rejected transition as JSON has it. */
export function toRecord({
  op,
  ref,
  id,
  verb,
  actor,
  at,
  error,
  commit,
}: RejectedTransition): Record<string, unknown> {
  const { code, message, hint, details } = error;
  return {
    op,
    ref,
    id: id ?? null,
    verb,
    actor,
    at,
    commit: commit.record.oid,
    error: { code, message, hint: hint ?? null, details },
  };
}
