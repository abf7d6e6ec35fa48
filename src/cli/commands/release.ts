import type { Run } from '../command.ts';
import { fenceOf } from '../fence.ts';
import type { releaseOptions } from '../table/doing.ts';
import { onItems } from '../transition.ts';

export const run: Run<typeof releaseOptions> = ({ args, options, cli }) =>
  onItems(
    cli,
    'release',
    args,
    async (ledger, id) =>
      ledger.releaseWork(id, { reason: options.reason, ...(await fenceOf(cli, ledger, id, options)) }),
    ({ id }) => `released ${id}`,
  );
