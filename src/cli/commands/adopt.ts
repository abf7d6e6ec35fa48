import type { Run } from '../command.ts';
import { resolveOne } from '../ids.ts';

export const run: Run<Record<never, never>> = async ({ args, cli }) => {
  const ledger = await cli.open();
  const ids = args.length === 0 ? undefined : await Promise.all(args.map((id) => resolveOne(ledger, id)));
  const adopted = await ledger.adoptClaims(ids);
  if (adopted.length === 0)
    cli.notice(`nothing that ${ledger.actor} still holds is kept aside in this clone`);
  return {
    kind: 'adopted',
    data: adopted,
    lines: adopted.map(
      ({ id, execution_id, epoch, clone }) =>
        `adopted ${id}, which ${clone} claimed as execution ${execution_id} (epoch ${epoch})`,
    ),
    ids: adopted.map(({ id }) => id),
  };
};
