import { LedgerError } from '../../index.ts';
import type { Rewrite } from '../../repair.ts';
import type { Run } from '../command.ts';
import { rewriteLines } from '../render/rewrite.ts';
import type { recoverHistoryOptions } from '../table/repair.ts';

export const run: Run<typeof recoverHistoryOptions> = async ({ options: { yes }, cli }) => {
  const ledger = await cli.open();
  const { findRewrite, recoverHistory } = await import('../../repair.ts');
  const rewrite = await cli.busy('asking the remote', () => findRewrite(ledger));
  if (rewrite === undefined)
    return {
      kind: 'recovery',
      data: { rewrite: null },
      lines: ['nothing to recover: the remote has all that this clone saw'],
      ids: [],
    };
  const shown = rewriteLines(rewrite);
  const wanted = yes || (await cli.confirm('Bring back what is missing?', shown)) === true;
  if (!wanted)
    return { kind: 'recovery', data: { rewrite }, lines: shown, ids: [], failures: [undecided(rewrite)] };
  const done = await cli.busy('bringing it back', () => recoverHistory(ledger, rewrite));
  return {
    kind: 'recovery',
    data: { rewrite, ...done },
    lines: [
      ...shown,
      `${done.recovered} transitions are on ${rewrite.remote} again; this clone's line as it was is kept at ${done.kept}`,
      ...done.lost.map(({ message }) => `  lost: ${message}`),
      ...(done.lost.length > 0 ? ['wl rejected lists what was lost; nothing of it is gone'] : []),
    ],
    ids: [],
    where: 'remote',
  };
};

const undecided = ({ remote, seen, found }: Rewrite): LedgerError =>
  new LedgerError('HISTORY_REWRITTEN', `A person has to decide which line of ${remote} is right.`, {
    hint: 'Ask who rewrote it. wl recover-history --yes brings back what is missing.',
    details: { remote, seen, found: found ?? null },
  });
