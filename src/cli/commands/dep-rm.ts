import type { Run } from '../command.ts';
import { resolveOne } from '../ids.ts';
import { onItems } from '../transition.ts';

export const run: Run<Record<never, never>> = async ({ args: [id = '', ...typed], cli }) => {
  const ledger = await cli.open();
  const waiting = await resolveOne(ledger, id);
  const item = await ledger.findWork(waiting);
  // What is gone can still be waited for, and is only known here.
  const known = (one: string): string | undefined =>
    item?.dependencies.find((dependency) => dependency === one);
  const remove = await Promise.all(typed.map((one) => known(one) ?? ledger.resolveId(one)));
  return onItems(
    cli,
    'update',
    [waiting],
    (_, of) => ledger.updateWork(of, { dependencies: { remove } }),
    ({ id: of }) => `${of} no longer waits for ${remove.join(', ')}`,
  );
};
