import type { Run } from '../command.ts';
import { styled } from '../render/line.ts';
import type { readOptions } from '../table/looking.ts';

export const run: Run<typeof readOptions> = async ({ args: [typed = ''], options, cli }) => {
  const ledger = await cli.openToAsk(options);
  const explanation = await ledger.explain(await ledger.resolveId(typed), ledger.actor);
  const { id, ready, reasons } = explanation;
  const verdict = ready ? styled('green', 'is ready') : styled('yellow', 'is not ready');
  return {
    kind: 'explanation',
    data: explanation,
    lines: [
      [styled('bold', id), ' ', verdict, ` for ${ledger.actor}:`],
      ...reasons.map((reason) => `  ${reason}`),
    ],
  };
};
