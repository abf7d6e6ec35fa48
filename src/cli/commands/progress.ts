import { WORK_STATUSES } from '../../index.ts';
import type { Run } from '../command.ts';
import { styled } from '../render/line.ts';
import type { progressOptions } from '../table/looking.ts';

export const run: Run<typeof progressOptions> = async ({ args: [typed = ''], options, cli }) => {
  const ledger = await cli.openToAsk(options);
  const id = await ledger.resolveId(typed);
  const progress = await ledger.getProgress(id, { direct: options.direct });
  const { total_children, percent_complete, completed } = progress;
  const counts = WORK_STATUSES.filter((status) => progress[status] > 0).map(
    (status) => `${progress[status]} ${status}`,
  );
  const share = total_children === 0 ? 'it has no parts' : `${completed} of ${total_children} parts`;
  return {
    kind: 'progress',
    data: { id, ...progress },
    lines: [
      [styled('bold', id), `  ${percent_complete}% complete, ${share}`],
      ...(counts.length === 0 ? [] : [`  ${counts.join(', ')}`]),
    ],
  };
};
