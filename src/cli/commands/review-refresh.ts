import type { Run } from '../command.ts';
import { clearUp } from '../end-review.ts';
import { resolveIds } from '../ids.ts';
import { proposedLine } from '../render/review.ts';
import type { noOptions } from '../table/review.ts';

export const run: Run<typeof noOptions> = async ({ args, cli }) => {
  const ledger = await cli.open();
  const { proposeReview } = await import('../../review.ts');
  const ids = await resolveIds(ledger, args, 'approve');
  const results = await cli.busy('proposing', async () => {
    const found = [];
    for (const id of ids) found.push(await proposeReview(ledger, id));
    return found;
  });
  await clearUp(cli, ledger);
  const remote = ledger.remote?.name ?? '';
  return {
    kind: 'proposals',
    data: results.map((one) => (one.kind === 'refused' ? { kind: one.kind, id: one.id } : one)),
    lines: results.filter(({ kind }) => kind !== 'refused').map((one) => proposedLine(one, remote)),
    ids: results.map(({ id }) => id),
    where: 'remote',
    failures: results.flatMap((one) => (one.kind === 'refused' ? [one.error] : [])),
  };
};
