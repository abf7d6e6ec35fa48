import type { Run } from '../command.ts';
import type { releaseOptions } from '../table/doing.ts';
import { onItems } from '../transition.ts';

export const run: Run<typeof releaseOptions> = ({ args, options, cli }) =>
  onItems(
    cli,
    'release',
    args,
    (ledger, id) => ledger.releaseWork(id, { reason: options.reason, ...cli.fence(options) }),
    ({ id }) => `released ${id}`,
  );
