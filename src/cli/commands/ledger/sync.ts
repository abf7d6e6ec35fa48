import type { RejectedTransition } from '../../../index.ts';
import { RaceLost } from '../../../operations/refusal.ts';
import { refuse } from '../../../operations/typed.ts';
import { attempt } from '../../../operations/writes.ts';
import { command } from '../../command.ts';
import { columns, indented, type Line, shortTime, styled } from '../../render/line.ts';
import { oneWritten } from '../../transition.ts';

export const syncCommand = command({
  summary: 'take over what others did, and share what waits here',
  examples: ['wl sync', 'wl sync --json'],
  run: async ({ cli }) => {
    const ledger = await cli.open();
    if (cli.globals.offline) throw refuse('sync asks the remote and --offline forbids it.');
    const report = await cli.busy('syncing', () => ledger.clone.sync());
    const { accepted, lost, renumbered } = report;
    const races = new Map((await ledger.clone.rejected()).map(({ op, ref, error }) => [op, { ref, error }]));
    const shared =
      accepted === 0 ? '' : `, shared ${accepted} ${accepted === 1 ? 'transition' : 'transitions'}`;
    return {
      kind: 'sync',
      data: report,
      lines: [
        `in step with ${ledger.clone.remote?.name}${shared}`,
        ...renumbered.map(({ from, to }) => `${from} is ${to} now: another item has that number`),
      ],
      ids: [],
      failures: lost.map(({ op, message }) => {
        const race = races.get(op);
        const { code = 'INTERNAL', hint, details = {} } = race?.error ?? {};
        const kept = race === undefined ? undefined : { op, ref: race.ref };
        return new RaceLost({ ok: false, code, message, hint, details, kept });
      }),
    };
  },
});

const OP = {
  name: '<op>',
  help: 'the name of a rejected transition, the end of it from eight characters on, or its item',
} as const;

export const rejectedCommand = command({
  summary: 'list transitions of this clone that lost their race',
  examples: ['wl rejected', 'wl rejected --json'],
  run: async ({ cli }) => {
    const ledger = await cli.open();
    const all = await ledger.clone.rejected();
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
  },
});

export const rejectedApplyCommand = command({
  summary: 'try a rejected transition again',
  args: [OP],
  examples: ['wl rejected apply 0f7e4f8e2b11', 'wl rejected apply WRK-20260103-0001'],
  run: async ({ args: [op = ''], cli }) => {
    const ledger = await cli.open();
    const applied = await attempt(ledger, () => ledger.clone.applyRejected(op));
    return oneWritten(ledger, applied, ({ id }, changed) => [
      changed ? `applied to ${id}` : `nothing to change in ${id}`,
    ]);
  },
});

export const rejectedDropCommand = command({
  summary: 'discard a rejected transition',
  args: [OP],
  examples: ['wl rejected drop 0f7e4f8e2b11', 'wl rejected drop WRK-20260103-0001'],
  run: async ({ args: [op = ''], cli }) => {
    const ledger = await cli.open();
    const dropped = await ledger.clone.dropRejected(op);
    const { verb, id, commit } = dropped;
    return {
      kind: 'rejected',
      data: toRecord(dropped),
      lines: [
        `dropped ${verb} ${id ?? dropped.op}; until git cleans up, git show ${commit.record.oid} still has it`,
      ],
      ids: [dropped.op],
    };
  },
});

function contentLines(entry: RejectedTransition | undefined): Line[] {
  const content = entry?.content;
  if (content === undefined) return [];
  return indented(typeof content === 'string' ? content : JSON.stringify(content, null, 2));
}

/** A rejected transition as JSON has it. */
function toRecord(entry: RejectedTransition): Record<string, unknown> {
  const { op, ref, id, verb, actor, at, error, content, commit } = entry;
  const { code, message, hint, details } = error;
  return {
    op,
    ref,
    id: id ?? null,
    verb,
    actor,
    at,
    commit: commit.record.oid,
    content: content ?? null,
    error: { code, message, hint: hint ?? null, details },
  };
}
