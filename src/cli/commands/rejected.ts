import type { RejectedTransition } from '../../index.ts';
import type { Run } from '../command.ts';
import { columns, indented, type Line, styled } from '../render/line.ts';
import { shortTime } from '../render/time.ts';

export const run: Run<Record<never, never>> = async ({ cli }) => {
  const ledger = await cli.open();
  const all = await ledger.rejected();
  if (all.length === 0 && cli.world.stdout.isTTY) cli.notice('nothing was rejected');
  const heads = columns(
    all.map(({ op, id, verb, actor, at, error }) => [
      styled('dim', op),
      // None is read from a commit that this program did not make.
      verb === 'unknown' ? 'by hand' : verb,
      styled('id', id ?? '-'),
      actor,
      shortTime(at),
      error.message,
    ]),
  );
  const lines = heads.flatMap((head, index): Line[] => [head, ...contentLines(all[index])]);
  return { kind: 'rejected', data: all.map(toRecord), lines, ids: all.map(({ op }) => op) };
};

/** What its author wrote, which is nowhere else. */
function contentOf(entry: RejectedTransition | undefined): unknown {
  const command = entry?.commit.command;
  switch (command?.verb) {
    case 'complete':
    case 'submit':
      return command.result;
    case 'checkpoint':
      return command.checkpoint;
    case 'fail':
      return command.error;
    case 'comment':
      return command.body;
    default:
      return undefined;
  }
}

function contentLines(entry: RejectedTransition | undefined): Line[] {
  const content = contentOf(entry);
  if (content === undefined) return [];
  return indented(typeof content === 'string' ? content : JSON.stringify(content, null, 2));
}

/** A rejected transition as JSON has it. */
export function toRecord(entry: RejectedTransition): Record<string, unknown> {
  const { op, ref, id, verb, actor, at, error, commit } = entry;
  const { code, message, hint, details } = error;
  return {
    op,
    ref,
    id: id ?? null,
    verb,
    actor,
    at,
    commit: commit.record.oid,
    content: contentOf(entry) ?? null,
    error: { code, message, hint: hint ?? null, details },
  };
}
